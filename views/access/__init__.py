"""Who gets in and what he may do: the administrators' screens."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.access.groups import GroupRolesView
from views.access.white_list import WhiteListView


def register_access(builder: AppBuilder) -> None:
    """Add the screens of access; one with a ``menu`` (name, label, icon) stands under Administration."""
    for view in VIEWS:
        menu = getattr(view, "menu", None)
        if menu is None:
            builder.add_view_no_menu(view)
        else:
            name, label, icon = menu
            builder.add_view(view, name, label=label, icon=icon, category="Administration")


# one line a screen
VIEWS: tuple[type, ...] = (GroupRolesView, WhiteListView)
