"""How people are told, and how letters come in: the screens."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.notify.mailbox import MailboxView
from views.notify.tray import TrayView


def register_notify(builder: AppBuilder) -> None:
    """Add the screens; one with a ``menu`` (name, label, icon) stands under Administration."""
    for view in VIEWS:
        menu = getattr(view, "menu", None)
        if menu is None:
            builder.add_view_no_menu(view)
        else:
            name, label, icon = menu
            builder.add_view(view, name, label=label, icon=icon, category="Administration")


# one line a screen
VIEWS: tuple[type, ...] = (
    MailboxView,
    TrayView,
)
