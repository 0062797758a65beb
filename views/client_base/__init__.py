"""The client base as a whole: joining, runs, doubles, corrections, imports, the directory."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.client_base.bench import BenchView
from views.client_base.corrections import CorrectionsView
from views.client_base.directory import DirectoryView
from views.client_base.doubles import DoublesView
from views.client_base.imports import ImportsView
from views.client_base.runs import RunsView


def register_client_base(builder: AppBuilder) -> None:
    """Add the screens of the client base."""
    for view in VIEWS:
        builder.add_view_no_menu(view)


# one line a screen
VIEWS: tuple[type, ...] = (
    BenchView,
    CorrectionsView,
    DoublesView,
    ImportsView,
    RunsView,
    DirectoryView,
)
