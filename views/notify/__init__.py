"""How people are told: defaults, ladders, duty."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder

from views.notify.defaults import DefaultsView
from views.notify.duty import DutyView
from views.notify.ladder import LadderView
from views.notify.start import StartView


def register_notify(app: Flask, builder: AppBuilder) -> None:
    """Add the screens of notifications."""
    for view in VIEWS:
        builder.add_view_no_menu(view)


# one line a screen
VIEWS: tuple[type, ...] = (
    DefaultsView,
    DutyView,
    LadderView,
    StartView,
)
