"""On a ticket's page: who was told of what, when, over which channel, and how it ended."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Invalid
from app.events import unit_of_work
from app.policy import access_ticket, is_chief
from app.services.happenings import describe
from app.services.ledger import Line, told_about
from app.services.ledger_words import channel_icon, channel_word, outcome_of
from app.services.sending_again import send_told_again, wake_for
from views.base import Screen, current_actor, is_fragment, session
from views.ticket_query import number_in


class ToldView(Screen):
    """``/tickets/<number>/told``: a part of the ticket's page; a page of its own without scripts."""

    route_base = "/tickets"
    default_view = "told"
    class_permission_name = "Tickets"

    @expose("/<int:ticket_id>/told")
    def told(self, ticket_id: int) -> str:
        """Everybody who sees the ticket sees names and outcomes; addresses are for administrators."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        return self._draw(ticket, _cursor())

    @expose("/<int:ticket_id>/told/<int:delivery_id>/again", methods=["POST"])
    def again(self, ticket_id: int, delivery_id: int) -> Any:
        """Try a dead one anew: coordinators and administrators."""
        actor = current_actor()
        ticket = access_ticket(session(), ticket_id, actor=actor)
        with unit_of_work(session()):
            sent = send_told_again(session(), ticket, delivery_id, actor=actor)
        wake_for(session(), sent)
        if is_fragment():
            return self._draw(access_ticket(session(), ticket_id, actor=actor), None)
        flash(_("It is tried once more.") if sent else _("It is not dead any more."), "success")
        return redirect(f"/tickets/{ticket_id}/told", 303)

    def _draw(self, ticket: Any, cursor: tuple[int, int] | None) -> str:
        actor = current_actor()
        page = told_about(session(), ticket, after=cursor)
        template = "notify/told.html" if is_fragment() else "notify/told_page.html"
        last = page.lines[-1].delivery if page.lines else None
        return self.page(
            template,
            ticket=ticket,
            events=_events(page.lines),
            older=f"{last.event_id}.{last.id}" if page.older and last else "",
            is_continued=cursor is not None,
            in_full=actor.is_administrator,
            may_send_again=is_chief(actor, ticket),
            outcome_of=outcome_of,
            channel_word=channel_word,
            channel_icon=channel_icon,
        )


def _events(lines: Any) -> list[tuple[Any, list[tuple[str, list[Line]]]]]:
    """(what happened, (person, deliveries) …) of each event."""
    groups = [(entry, list(some)) for entry, some in groupby(lines, key=lambda line: line.entry)]
    happenings = {}
    for entry, _some in groups:
        happenings[entry.id] = entry
    described = describe(session(), list(happenings.values()), actor=current_actor())
    words = dict(zip(happenings, described, strict=False)) if len(described) == len(happenings) else {}
    return [
        (
            words.get(entry.id),
            [(person, list(each)) for person, each in groupby(some, key=lambda line: line.person)],
        )
        for entry, some in groups
    ]


def _cursor() -> tuple[int, int] | None:
    """Where the page before ended: ``event.delivery``."""
    text = request.args.get("after", "")
    if not text:
        return None
    event, _dot, delivery = text.partition(".")
    numbers = number_in(event), number_in(delivery)
    if numbers[0] is None or numbers[1] is None:
        raise Invalid(_("There is no such page."))
    return numbers[0], numbers[1]
