"""My day: counters, the newest tickets for me, recent changes."""

from __future__ import annotations

from flask_appbuilder import expose

from app.policy import Verb, can_somewhere
from app.services.boxes import BoxQuery, read_page
from app.services.happenings import describe
from app.services.timeline import recent_changes
from views.base import Screen, current_actor, is_fragment, session
from views.ticket_rows import kind_of, who_of

NEWEST = 8
CHANGES = 10


class HomeView(Screen):
    """The first page after signing in."""

    route_base = ""
    default_view = "index"
    class_permission_name = "Home"

    @expose("/")
    def index(self) -> str:
        """Counters, newest tickets, recent changes; htmx gets the part that lives."""
        actor = current_actor()
        changes = recent_changes(session(), actor=actor, limit=CHANGES)
        happenings = describe(session(), [entry for entry, _ticket in changes], actor=actor)
        return self.page(
            "home/day.html" if is_fragment() else "home.html",
            newest=read_page(session(), BoxQuery(limit=NEWEST), actor=actor),
            changes=[
                (happening, ticket) for happening, (_entry, ticket) in zip(happenings, changes, strict=True)
            ],
            kind_of=lambda ticket: kind_of(ticket, actor),
            who_of=who_of,
            may_create=can_somewhere(actor, Verb.CREATE),
        )
