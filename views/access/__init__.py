"""Who gets in and what he may do."""

from __future__ import annotations

from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _

from views.access.white_list import WhiteListView


def register_access(builder: AppBuilder) -> None:
    """Add the screens of access."""
    for view in VIEWS:
        builder.add_view_no_menu(view)
    builder.add_link(
        "White list",
        href="/access/white-list/",
        icon="person-plus",
        label=_("White list"),
        category="Administration",
    )


# one line a screen
VIEWS: tuple[type, ...] = (WhiteListView,)
