"""What the screens of access share: the tabs, words for roles and verbs, and making a change felt at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.notify import popup
from app.policy import Rule, Standing, Verb
from models import Sight, WorkRole
from views.base import Screen, current_actor

ICONS = {"employee": "person", "coordinator": "star-fill"}
VERB_WORDS = {
    Verb.CREATE: lazy_gettext("Write tickets down"),
    Verb.TAKE: lazy_gettext("Take"),
    Verb.RELEASE: lazy_gettext("Release"),
    Verb.TRANSFER: lazy_gettext("Transfer"),
    Verb.COMPLETE: lazy_gettext("Complete"),
    Verb.REOPEN: lazy_gettext("Reopen"),
    Verb.ARCHIVE: lazy_gettext("Send to the archive"),
    Verb.RESTORE: lazy_gettext("Restore from the archive"),
    Verb.COMMENT: lazy_gettext("Comment"),
    Verb.EDIT: lazy_gettext("Edit the text and the facts"),
    Verb.SET_PRIORITY: lazy_gettext("Set the priority"),
    Verb.PLAN: lazy_gettext("Plan"),
    Verb.SEE_STATISTICS: lazy_gettext("See statistics"),
    Verb.EXPORT: lazy_gettext("Export"),
    Verb.EDIT_CLIENTS: lazy_gettext("Edit clients"),
    Verb.MANAGE_CLIENTS: lazy_gettext("Manage the client base"),
}
SIGHT_WORDS = {
    Sight.DEPARTMENT: lazy_gettext("All of the department"),
    Sight.SHARED: lazy_gettext("Sent to the whole department, and own"),
    Sight.OWN: lazy_gettext("Own only"),
}
RULE_WORDS = {
    Rule.ADMINISTRATOR: lazy_gettext("Is an administrator"),
    Rule.AUTHOR: lazy_gettext("Wrote the ticket down"),
    Rule.ASSIGNEE: lazy_gettext("The ticket was sent to this person by name"),
    Rule.SHARED: lazy_gettext(
        "It was sent to the whole department, and the role there sees what is sent to all"
    ),
    Rule.DEPARTMENT: lazy_gettext("The role in the department sees all of it"),
}
STANDING_WORDS = {
    Standing.ADMINISTRATOR: lazy_gettext("as an administrator"),
    Standing.COORDINATOR: lazy_gettext("by the role in the department"),
    Standing.EMPLOYEE: lazy_gettext("by the role in the department"),
    Standing.AUTHOR: lazy_gettext("as the author"),
    Standing.ASSIGNEE: lazy_gettext("as the addressee"),
}


class AccessScreen(Screen):
    """A screen with the tabs. Who may see what of it, each says itself."""

    class_permission_name = "Tickets"
    tab = ""

    def frame(self, template: str, **context: Any) -> str:
        """A page with the tabs that the reader may open."""
        return self.page(template, tabs=tabs(self.tab), **context)


def tabs(current: str) -> list[dict[str, Any]]:
    """The tabs as ``ui.tabs`` draws them."""
    everything = current_actor().is_administrator
    found = [
        ("matrix", _("People × departments"), "/access/", everything),
        ("roles", _("Roles × actions"), "/access/roles/", everything),
        ("why", _("Why?"), "/access/why", True),
    ]
    return [
        {"label": label, "url": url, "current": name == current}
        for name, label, url, is_shown in found
        if is_shown
    ]


def icon_of_role(role: WorkRole | str) -> str:
    """The icon of a role: own ones look on."""
    return ICONS.get(role if isinstance(role, str) else role.key, "person-gear")


def make_felt(user_ids: Iterable[int]) -> None:
    """After the commit: the open pages of these people prove anew who they are and ask for what they see."""
    for user_id in sorted(user_ids):
        popup.reconnect(user_id)


def done(message: str, url: str) -> Any:
    """Back to a page with a word of success."""
    flash(message, "success")
    return redirect(url, 303)
