"""A call comes in: the new ticket, and the number that is read to the caller."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import joinedload

from app.errors import Invalid
from app.events import unit_of_work
from app.policy import Verb, access_ticket, ensure_can_somewhere
from app.services.intake import take_down_ticket
from models import Ticket
from views.base import Screen, current_actor, session
from views.call_form import (
    CallForm,
    call_page,
    read_call_form,
    read_id,
    remember_department,
    usual_department,
)


def grouped(number: int) -> str:
    """A number as it is read aloud: ``52 32``, ``123 456``."""
    text, size = str(number), 2 if number < 10_000 else 3
    first = len(text) % size
    parts = [text[:first], *(text[i : i + size] for i in range(first, len(text), size))]
    return "\u00a0".join(part for part in parts if part)


class NewTicketView(Screen):
    """Built for a telephone: one box, the client's card, the text, Ctrl+Enter."""

    route_base = "/tickets"
    class_permission_name = "Tickets"

    @expose("/new")
    def new(self) -> Any:
        """The empty form; ``?client=ID`` chooses the client at once."""
        actor = current_actor()
        ensure_can_somewhere(actor, Verb.CREATE)
        form = CallForm(
            request_key=str(uuid.uuid4()),
            client_id=read_id(request.args.get("client")) or None,
            department_id=usual_department(session(), actor),
        )
        return call_page(self, form, saved_key=request.args.get("saved", ""))

    @expose("/new", methods=["POST"])
    def create(self) -> Any:
        """Save the ticket, and its client if he is new; errors keep everything that was typed."""
        form = read_call_form()
        try:
            with unit_of_work(session()):
                ticket = take_down_ticket(
                    session(), form.draft, actor=current_actor(), new_client=form.new_client
                )
        except Invalid as error:
            return call_page(self, replace(form, errors=error.fields), status=422)
        remember_department(ticket.department_id)
        return redirect(url_for("NewTicketView.saved", ticket_id=ticket.id), 303)

    @expose("/<int:ticket_id>/saved")
    def saved(self, ticket_id: int) -> Any:
        """The number, large enough to be read to the caller, and what comes next."""
        loaded = [joinedload(Ticket.client), joinedload(Ticket.department), joinedload(Ticket.assignee)]
        ticket = access_ticket(session(), ticket_id, actor=current_actor(), options=loaded)
        return self.page(
            "new_ticket/saved.html",
            ticket=ticket,
            number=grouped(ticket.id),
            link=url_for("NewTicketView.saved", ticket_id=ticket.id, _external=True).removesuffix("/saved"),
            new_quiet=True,
        )
