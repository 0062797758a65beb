"""Who may what: the matrix of people, the grid of roles, why and who."""

from __future__ import annotations

from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _

from views.access.matrix import MatrixView
from views.access.questions import QuestionsView
from views.access.roles import RolesView


def register_access(builder: AppBuilder) -> None:
    """Add the screens, and the way to them for administrators."""
    for view in VIEWS:
        builder.add_view_no_menu(view)
    builder.add_link(
        "Access",
        href="/access/",
        icon="fa-grid-3x3-gap",
        label=_("Who may what"),
        category="Administration",
        category_label=_("Administration"),
        category_icon="fa-cogs",
    )


# one line a screen
VIEWS: tuple[type, ...] = (MatrixView, RolesView, QuestionsView)
