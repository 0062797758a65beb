"""What the screens of the client base share: who may open them, and the tabs with what waits in each."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.policy import Verb, can_somewhere, ensure_can_somewhere
from app.services.corrections import count_corrections
from app.services.doubles import count_doubles
from app.services.runs import count_waiting
from views.base import Screen, current_actor, session


class ClientBaseScreen(Screen):
    """Only for those who may manage the client base; corrections also for those who may edit clients."""

    class_permission_name = "ClientBase"
    tab = ""

    def frame(self, template: str, **context: Any) -> Any:
        """A page of the client base with its tabs."""
        return self.page(template, tabs=client_base_tabs(self.tab), **context)


def ensure_manager() -> None:
    """Raise Forbidden unless the reader may manage the client base."""
    ensure_can_somewhere(current_actor(), Verb.MANAGE_CLIENTS)


def client_base_tabs(current: str) -> list[dict[str, Any]]:
    """The tabs as ``ui.tabs`` draws them: only those that the reader may open."""
    actor = current_actor()
    manages = can_somewhere(actor, Verb.MANAGE_CLIENTS)
    tabs: list[tuple[str, str, str, int, bool]] = [
        ("bench", _("Join"), "/client-base/", 0, manages),
        ("corrections", _("Corrections"), "/client-base/corrections", count_corrections(session()), True),
        ("doubles", _("Doubles"), "/client-base/doubles", count_doubles(session()), manages),
        ("imports", _("Import"), "/client-base/imports", 0, manages),
        ("runs", _("Runs"), "/client-base/runs", count_waiting(session()), manages),
        ("directory", _("Directory"), "/client-base/directory", 0, actor.is_administrator),
    ]
    return [
        {"label": label, "url": url, "current": name == current, "count": count}
        for name, label, url, count, is_shown in tabs
        if is_shown
    ]
