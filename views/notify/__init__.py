"""What people are told, over what, and how it ended."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from views.notify.deliveries import DeliveriesView
from views.notify.statistics import DeliveryStatisticsView
from views.notify.texts import MessageTextsView
from views.notify.told import ToldView


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
    DeliveriesView,
    DeliveryStatisticsView,
    MessageTextsView,
    ToldView,
)
