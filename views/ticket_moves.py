"""The moves of one ticket and of several: parse, access, one verb, answer with a row or a redirect."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import Conflict, HelpdeskError, Invalid
from app.events import unit_of_work
from app.notify.presence import online
from app.policy import Verb, access_ticket
from app.services.bulk import BulkOrder, carry_out, possible_verbs
from app.services.placement import addressees, open_departments
from app.services.tickets import move_ticket, set_priority, transfer_ticket
from app.workflow import MOVE_VERBS
from models import Ticket
from views.base import Screen, current_actor, is_fragment, session
from views.ticket_query import number_in, origin_of, parse_origin, query_url
from views.ticket_rows import explained, render_row

MOVE = "<any(take, release, complete, reopen, archive, restore):verb>"
BULK_VERBS = frozenset({*MOVE_VERBS, Verb.SET_PRIORITY})


class TicketMoveView(Screen):
    """Everything that changes where a ticket stands."""

    route_base = "/tickets"
    default_view = "move"
    class_permission_name = "Tickets"

    @expose(f"/<int:ticket_id>/move/{MOVE}", methods=["POST"])
    def move(self, ticket_id: int, verb: str) -> Any:
        """Take, release, complete (taking first if free), reopen, archive, restore."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        with explained(ticket_id), unit_of_work(session()):
            move_ticket(session(), ticket, Verb(verb), actor=current_actor(), version=asked_version())
        return after_change(ticket_id)

    @expose("/<int:ticket_id>/priority", methods=["POST"])
    def priority(self, ticket_id: int) -> Any:
        """Set the priority alone."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        wanted = number_in(request.form.get("priority"), least=0)
        with explained(ticket_id), unit_of_work(session()):
            set_priority(
                session(),
                ticket,
                -1 if wanted is None else wanted,
                actor=current_actor(),
                version=asked_version(),
            )
        return after_change(ticket_id)

    @expose("/<int:ticket_id>/transfer")
    def transfer_form(self, ticket_id: int) -> Any:
        """Where to send the ticket: a dialog, or a page without scripts."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        if Verb.TRANSFER not in possible_verbs(current_actor(), ticket):
            transfer_ticket(session(), ticket, actor=current_actor(), department_id=None)
        return self._ask_place(
            f"/tickets/{ticket_id}/move/transfer", [ticket], department_id=ticket.department_id
        )

    @expose("/<int:ticket_id>/move/transfer", methods=["POST"])
    def transfer(self, ticket_id: int) -> Any:
        """Send the ticket on; a refusal comes back with everything that was typed."""
        actor = current_actor()
        ticket = access_ticket(session(), ticket_id, actor=actor)
        try:
            with explained(ticket_id), unit_of_work(session()):
                transfer_ticket(
                    session(),
                    ticket,
                    actor=actor,
                    department_id=number_in(request.form.get("department_id")),
                    assignee_id=number_in(request.form.get("assignee_id")),
                    reason=request.form.get("reason", ""),
                    version=asked_version(),
                )
        except (Conflict, Invalid) as error:
            session().rollback()
            ticket = access_ticket(session(), ticket_id, actor=actor)
            return self._ask_place(f"/tickets/{ticket_id}/move/transfer", [ticket], error=error), error.status
        return after_change(ticket_id)

    @expose("/transfer")
    def bulk_transfer_form(self) -> Any:
        """Where to send several tickets at once."""
        numbers = [n for text in request.args.getlist("ids") if (n := number_in(text))]
        tickets = [access_ticket(session(), n, actor=current_actor()) for n in dict.fromkeys(numbers[:100])]
        if not tickets:
            raise Invalid(_("Choose at least one ticket."))
        return self._ask_place("/tickets/bulk", tickets)

    @expose("/bulk", methods=["POST"])
    def bulk(self) -> Any:
        """One verb for all chosen tickets, or for none and the reasons why."""
        order, versions = asked_order()
        try:
            with unit_of_work(session()):
                done = [ticket.id for ticket in carry_out(session(), order, versions, actor=current_actor())]
        except (Conflict, Invalid) as error:
            if order.verb != Verb.TRANSFER or not versions:
                raise
            session().rollback()
            tickets = [access_ticket(session(), n, actor=current_actor()) for n in versions]
            return self._ask_place("/tickets/bulk", tickets, error=error), error.status
        if is_fragment():
            return "", 204
        flash(ngettext("%(num)s ticket changed.", "%(num)s tickets changed.", len(done)), "success")
        return redirect(back_url(), 303)

    def _ask_place(
        self,
        action: str,
        tickets: list[Ticket],
        *,
        department_id: int | None = None,
        error: HelpdeskError | None = None,
    ) -> str:
        people = addressees(session())
        form = request.form
        context = {
            "action": action,
            "tickets": tickets,
            "departments": open_departments(session()),
            "people": people,
            "online": online({person.id for person in people}),
            "department_id": number_in(form.get("department_id")) or department_id,
            "assignee_id": number_in(form.get("assignee_id")),
            "reason": form.get("reason", ""),
            "origin": form.get("list", request.args.get("list", "")),
            "error": error,
            "fields": error.fields if isinstance(error, Invalid) else {},
        }
        if is_fragment():
            return render_template("tickets/transfer_form.html", **context)
        return self.page("tickets/transfer.html", **context)


def asked_version() -> int | None:
    """The version the person was looking at; None when the form did not say."""
    return number_in(request.form.get("version"))


def asked_order() -> tuple[BulkOrder, dict[int, int | None]]:
    """The verb and the tickets of a bulk form. Raises Invalid for nonsense."""
    form = request.form
    ids, versions = form.getlist("ids"), form.getlist("versions")
    if form.get("verb") not in BULK_VERBS:
        raise Invalid(_("Choose what to do with the tickets."))
    numbers = [number_in(text) for text in ids]
    if None in numbers or (versions and len(versions) != len(ids)):
        raise Invalid(_("The request makes no sense as it was sent."))
    seen = [number_in(text) for text in versions] or [None] * len(ids)
    order = BulkOrder(
        verb=Verb(form["verb"]),
        department_id=number_in(form.get("department_id")),
        assignee_id=number_in(form.get("assignee_id")),
        reason=form.get("reason", ""),
        priority=number_in(form.get("priority"), least=0),
    )
    return order, {n: v for n, v in zip(numbers, seen, strict=True) if n is not None}


def back_url(ticket_id: int | None = None) -> str:
    """Where a form without scripts returns to: its list, else the ticket's page."""
    query = parse_origin(request.form.get("list"))
    if query is not None or ticket_id is None:
        return query_url(query) if query is not None else "/tickets/inbox"
    origin = parse_origin(request.form.get("from"))
    page = url_for("TicketPageView.show", ticket_id=ticket_id)
    return f"{page}?{urlencode({'from': origin_of(origin)})}" if origin else page


def after_change(ticket_id: int) -> Any:
    """The fresh row for a list (204: it left the list), nothing for a page, else a redirect."""
    if not is_fragment():
        return redirect(back_url(ticket_id), 303)
    query = parse_origin(request.form.get("list"))
    html = render_row(ticket_id, query) if query is not None else None
    return make_response(html) if html is not None else ("", 204)
