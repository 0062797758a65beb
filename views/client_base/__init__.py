"""The client base as a whole: joining, runs, doubles, corrections, imports, the directory."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.client_base.directory import DirectoryView
from views.client_base.imports import ImportsView


def register_client_base(builder: AppBuilder) -> None:
    """Add the screens of the client base."""
    for view in VIEWS:
        builder.add_view_no_menu(view)


# one line a screen
VIEWS: tuple[type, ...] = (ImportsView, DirectoryView)
