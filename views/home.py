"""My day: counters, the newest tickets for me, recent changes."""

from __future__ import annotations

from flask_appbuilder import expose

from app.services.boxes import BoxQuery, read_page
from app.services.timeline import recent_changes
from views.base import Screen, current_actor, session


class HomeView(Screen):
    """The first page after signing in."""

    route_base = ""
    default_view = "index"
    class_permission_name = "Home"

    @expose("/")
    def index(self) -> str:
        """Counters, newest tickets, recent changes."""
        actor = current_actor()
        newest = read_page(session(), BoxQuery(limit=8), actor=actor)
        changes = recent_changes(session(), actor=actor, limit=10)
        return self.page("home.html", newest=newest, changes=changes)
