"""What the screens of notifications share: the tabs, each shown only to those who may open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from app.policy import Actor
from views.base import Screen, current_actor
from views.shell import Shell


def is_administrator(actor: Actor) -> bool:
    """Whether this reader sets up the whole helpdesk."""
    return actor.is_administrator


def is_chief_somewhere(actor: Actor) -> bool:
    """Whether this reader acts for others in some department."""
    return actor.is_administrator or bool(actor.coordinates)


def is_of_a_department(actor: Actor) -> bool:
    """Whether this reader belongs to some department."""
    return actor.is_administrator or bool(actor.departments)


# name, word, address, who may open it
TABS: tuple[tuple[str, LazyString, str, Callable[[Actor], bool]], ...] = (
    ("channels", lazy_gettext("Channels"), "/notify/channels/", is_administrator),
    ("defaults", lazy_gettext("Defaults"), "/notify/defaults/", is_administrator),
    ("ladder", lazy_gettext("Ladder"), "/notify/ladder/", is_chief_somewhere),
    ("duty", lazy_gettext("Duty"), "/notify/duty/", is_of_a_department),
    ("texts", lazy_gettext("Texts"), "/notify/texts/", is_administrator),
    ("mailbox", lazy_gettext("Incoming mail"), "/notify/mailbox/", is_administrator),
    ("deliveries", lazy_gettext("Deliveries"), "/notify/deliveries/", is_administrator),
)


class NotifyScreen(Screen):
    """A screen with the tabs. Who may see what of it, each says itself."""

    tab = ""

    def frame(self, template: str, **context: Any) -> str:
        """A page under the tabs of its reader; its template extends ``notify/frame/tabbed.html``."""
        return self.page(template, tabs=notify_tabs(self.tab), **context)


def notify_tabs(current: str) -> list[dict[str, Any]]:
    """The tabs as ``ui.tabs`` draws them."""
    actor, shell = current_actor(), Shell()
    return [
        {"label": str(label), "url": url, "current": name == current}
        for name, label, url, may_open in TABS
        if may_open(actor) and shell.exists(url)
    ]
