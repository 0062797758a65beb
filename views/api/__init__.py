"""The REST API: FAB's conventions over the same services and policy as the screens."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder

from views.api.clients import ClientApi
from views.api.departments import DepartmentApi
from views.api.guard import init_api_guard
from views.api.me import MeApi
from views.api.tickets import TicketApi


def register_api(app: Flask, builder: AppBuilder) -> None:
    """Add the API's resources, and the rules of entry for everything below ``/api/``."""
    init_api_guard(app, builder)
    for api in (ClientApi, DepartmentApi, MeApi, TicketApi):
        builder.add_api(api)
