"""All clients on FAB's list; they are written by our own forms, which keep names and phones in step."""

# ruff: noqa: RUF012  # FAB's class attributes are lists and dicts, read once

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder import expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _

from models import Client
from views.reference.base import ReferenceView


class ClientAdminView(ReferenceView):
    """Clients with everything known of them, hidden ones too."""

    route_base = "/clients-admin"
    datamodel = SQLAInterface(Client)
    base_permissions = ["can_list", "can_show", "can_edit", "can_add"]
    list_title, show_title = _("All clients"), _("Client")
    label_columns = {
        "full_name": _("Full name"),
        "login": _("Login"),
        "email": _("E-mail"),
        "unit": _("Unit"),
        "job_title": _("Job title"),
        "room": _("Room"),
        "phone": _("Phone"),
        "note": _("Note"),
        "is_active": _("Works here"),
        "is_hidden": _("Hidden"),
        "tickets_count": _("Tickets"),
        "calls_count": _("Calls"),
        "last_contact_at": _("Last contact"),
        "created_at": _("Written down"),
    }
    list_columns = ["full_name", "login", "unit", "room", "phone", "tickets_count", "is_active", "is_hidden"]
    show_columns = [
        "full_name", "login", "email", "unit", "job_title", "room", "phone", "note", "is_active", "is_hidden",
        "tickets_count", "calls_count", "last_contact_at", "created_at",
    ]  # fmt: skip
    # never filled in here, see add() and edit()
    add_columns = ["full_name"]
    edit_columns = ["full_name"]
    search_columns = ["full_name", "login", "email", "unit", "room", "is_active", "is_hidden"]
    order_columns = ["full_name", "login", "room", "tickets_count"]
    base_order = ("full_name", "asc")

    @expose("/add", methods=["GET"])
    @has_access
    def add(self) -> Any:
        """A new client is written down with what he called about."""
        return redirect("/tickets/new")

    @expose("/edit/<pk>", methods=["GET"])
    @has_access
    def edit(self, pk: str) -> Any:
        """Our own form."""
        return redirect(f"/clients/{int(pk)}/edit")
