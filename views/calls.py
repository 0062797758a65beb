"""Solved at once: the call is counted, no ticket is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Invalid
from app.events import unit_of_work
from app.services.intake import take_down_call
from views.base import Screen, current_actor, session
from views.call_form import call_page, read_call_form


class CallsView(Screen):
    """The second button of the new ticket's form."""

    route_base = "/calls"
    class_permission_name = "Tickets"

    @expose("/", methods=["POST"])
    def create(self) -> Any:
        """Count the call, and write its client down if he is new; errors keep what was typed."""
        form = read_call_form()
        try:
            with unit_of_work(session()):
                call = take_down_call(
                    session(), form.draft, actor=current_actor(), new_client=form.new_client
                )
        except Invalid as error:
            return call_page(self, replace(form, errors=error.fields), status=422)
        flash(_("Solved at once and counted: %(name)s.", name=call.client.full_name), "success")
        return redirect(url_for("NewTicketView.new", saved=form.request_key), 303)
