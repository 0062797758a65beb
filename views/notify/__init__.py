"""How people are told, how letters come in, and what became of all of it: the screens."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder

from app.security import signals
from views.notify.browsers import BrowsersView, forget_browser
from views.notify.channels import ChannelsView
from views.notify.defaults import DefaultsView
from views.notify.deliveries import DeliveriesView
from views.notify.duty import DutyView
from views.notify.ladder import LadderView
from views.notify.mailbox import MailboxView
from views.notify.messengers import MessengersView
from views.notify.service_worker import serve_worker
from views.notify.sms_hook import register_hook
from views.notify.start import StartView
from views.notify.statistics import DeliveryStatisticsView
from views.notify.texts import MessageTextsView
from views.notify.told import ToldView
from views.notify.tray import TrayView

# one line a screen
VIEWS: tuple[type, ...] = (
    BrowsersView,
    ChannelsView,
    DefaultsView,
    DeliveriesView,
    DeliveryStatisticsView,
    DutyView,
    LadderView,
    MailboxView,
    MessengersView,
    MessageTextsView,
    StartView,
    ToldView,
    TrayView,
)


def register_notify(app: Flask, builder: AppBuilder) -> None:
    """Add the screens; one with a ``menu`` (name, label, icon) stands under Administration."""
    for view in VIEWS:
        menu = getattr(view, "menu", None)
        if menu is None:
            builder.add_view_no_menu(view)
        else:
            name, label, icon = menu
            builder.add_view(view, name, label=label, icon=icon, category="Administration")
    app.add_url_rule("/sw.js", "service_worker", serve_worker)
    register_hook(app, builder)
    signals.signed_out.connect(forget_browser)
