"""Screens: thin views that parse, call one service verb and render."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder

from views.access import register_access
from views.api import register_api
from views.attachments import AttachmentView, file_icon, size_words
from views.calls import CallsView
from views.client_base import register_client_base
from views.client_parts import ClientPartsView
from views.client_sources import ClientSourcesView
from views.clients import ClientsView
from views.console import register_console
from views.door import watch_door
from views.errors import register_errors
from views.first_login import FirstLoginView, LetterView
from views.metrics import register_metrics
from views.new_ticket import NewTicketView
from views.notices import NoticeView
from views.notification_settings import NotificationSettingsView
from views.notify import register_notify
from views.reference import register_reference
from views.settings import LanguageView, SettingsView
from views.shell import init_shell
from views.ticket_comments import TicketCommentView
from views.ticket_lists import TicketListView
from views.ticket_moves import TicketMoveView
from views.ticket_page import TicketPageView
from views.ticket_search import TicketSearchView
from views.ticket_watch import TicketWatchView


def register_views(app: Flask, builder: AppBuilder) -> None:
    """Add every screen to the application."""
    register_errors(app)
    init_shell(app)
    watch_door()
    for view in (TicketCommentView, TicketListView, TicketMoveView, TicketPageView, TicketSearchView):
        builder.add_view_no_menu(view)
    builder.add_view_no_menu(AttachmentView)
    app.jinja_env.filters.update(file_icon=file_icon, file_size=size_words)
    for view in (
        FirstLoginView,
        LanguageView,
        LetterView,
        NoticeView,
        NotificationSettingsView,
        TicketWatchView,
        SettingsView,
    ):
        builder.add_view_no_menu(view)
    for view in (CallsView, ClientPartsView, ClientSourcesView, ClientsView, NewTicketView):
        builder.add_view_no_menu(view)
    register_client_base(builder)
    register_api(app, builder)
    register_reference(app, builder)
    register_console(app, builder)
    register_access(app, builder)
    register_notify(app, builder)
    register_metrics(app)
