"""How people are told: defaults, ladders, duty."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.notify.start import StartView


def register_notify(builder: AppBuilder) -> None:
    """Add the screens of notifications."""
    for view in VIEWS:
        builder.add_view_no_menu(view)


# one line a screen
VIEWS: tuple[type, ...] = (StartView,)
