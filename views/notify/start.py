"""``/notify/``: the first of the screens that its reader may open."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Forbidden
from views.notify.frame import NotifyScreen, notify_tabs


class StartView(NotifyScreen):
    """The line of the menu leads here."""

    route_base = "/notify"
    default_view = "start"
    class_permission_name = "Tickets"

    @expose("/")
    def start(self) -> Any:
        """Go on to the first tab."""
        tabs = notify_tabs("")
        if not tabs:
            raise Forbidden(_("You belong to no department, so there is nothing here for you."))
        return redirect(tabs[0]["url"])
