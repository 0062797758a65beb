"""One ticket: its page, its print, the way to its neighbours, its edit form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.errors import Conflict, Forbidden, HelpdeskError, Invalid
from app.events import unit_of_work
from app.extensions import appbuilder
from app.policy import Verb, access_ticket, is_chief
from app.services.attachments import files_by_comment
from app.services.boxes import Box, BoxQuery, cursor_of, read_page
from app.services.bulk import possible_verbs
from app.services.comments import comments_of
from app.services.reading import mark_read
from app.services.ticket_page import access_whole_ticket, read_ticket_page
from app.services.tickets import edit_ticket
from app.services.watching import own_marks
from app.workflow import can_comment, can_edit
from models import State, Ticket, TicketRead, Topic
from views.base import Screen, current_actor, session
from views.prose import prose
from views.ticket_lists import list_titles, priority_words
from views.ticket_moves import asked_version, back_url
from views.ticket_query import number_in, origin_of, parse_origin, query_url
from views.ticket_rows import explained, kind_of, may_prioritise, verb_words, who_of
from views.ticket_watch import watch_context


class TicketPageView(Screen):
    """The page of one ticket."""

    route_base = "/tickets"
    default_view = "show"
    class_permission_name = "Tickets"

    @expose("/<int:ticket_id>")
    def show(self, ticket_id: int) -> str:
        """Facts, text, moves, client, comments, timeline. Opening it marks it read."""
        actor = current_actor()
        page = read_ticket_page(session(), ticket_id, actor=actor)
        read_up_to, hearing = own_marks(session(), page.ticket, actor=actor)
        html: str = self.render_template(
            "tickets/ticket.html",
            page=page,
            files=page.files,
            talk=talk_of(page.comments, page.timeline),
            together=request.args.get("talk") == "all",
            request_key=str(uuid4()),
            may_comment=can_comment(actor, page.ticket),
            may_edit=can_edit(actor, page.ticket),
            may_ask_why=is_chief(actor, page.ticket),
            may_prioritise=may_prioritise(page.ticket, actor),
            priorities=priority_words(),
            **{
                **watch_context(page.ticket, hearing),
                **ticket_context(page.ticket),
            },
        )
        if read_up_to is None or read_up_to < page.ticket.activity:
            read_now(page.ticket, is_unread=True)
        return html

    @expose("/<int:ticket_id>/print")
    def print(self, ticket_id: int) -> str:
        """The ticket on paper."""
        ticket = access_whole_ticket(session(), ticket_id, actor=current_actor())
        comments = comments_of(session(), ticket)
        return render_template(
            "tickets/print.html",
            comments=comments,
            files=files_by_comment(session(), ticket, comments),
            appbuilder=appbuilder(),
            **ticket_context(ticket),
        )

    @expose("/<int:ticket_id>/<any(previous, next):way>")
    def neighbour(self, ticket_id: int, way: str) -> Any:
        """Go to the ticket above or below in the list one came from; at its end, to the list."""
        ticket = access_ticket(session(), ticket_id, actor=current_actor())
        query = parse_origin(request.args.get("from")) or default_list(ticket)
        edge = {"after" if way == "next" else "before": cursor_of(ticket, query)}
        found = read_page(session(), BoxQuery(**{**vars(query), "limit": 1, **edge}), actor=current_actor())
        if not found.tickets:
            return redirect(query_url(query))
        suffix = urlencode({"from": origin_of(query)})
        return redirect(f"/tickets/{found.tickets[0].id}?{suffix}")

    @expose("/<int:ticket_id>/edit")
    def edit(self, ticket_id: int) -> Any:
        """The form of the facts and the text."""
        ticket = access_whole_ticket(session(), ticket_id, actor=current_actor())
        if not can_edit(current_actor(), ticket):
            raise Forbidden(_("You see this ticket, but may not do this to it."))
        return self._edit_form(ticket, text_of(ticket))

    @expose("/<int:ticket_id>/edit", methods=["POST"])
    def save(self, ticket_id: int) -> Any:
        """Save the form; a refusal comes back with everything that was typed."""
        actor = current_actor()
        ticket = access_ticket(session(), ticket_id, actor=actor)
        typed = typed_text()
        version = asked_version()
        try:
            with explained(ticket_id), unit_of_work(session()):
                edit_ticket(session(), ticket, changes_of(typed), version=version or 0, actor=actor)
        except (Conflict, Invalid) as error:
            session().rollback()
            ticket = access_whole_ticket(session(), ticket_id, actor=actor)
            return self._edit_form(ticket, typed, error), error.status
        return redirect(back_url(ticket_id), 303)

    def _edit_form(self, ticket: Ticket, typed: dict[str, str], error: HelpdeskError | None = None) -> str:
        now = text_of(ticket)
        topics = select(Topic).where(or_(Topic.is_hidden.is_(False), Topic.id == ticket.topic_id))
        stale = isinstance(error, Conflict)
        return self.page(
            "tickets/edit.html",
            ticket=ticket,
            typed=typed,
            error=error,
            fields=error.fields if isinstance(error, Invalid) else {},
            now={name: value for name, value in now.items() if stale and value != typed[name]},
            topics=session().scalars(topics.order_by(Topic.name)).all(),
            priorities=priority_words(),
            may_prioritise=may_prioritise(ticket, current_actor()),
            origin=request.values.get("from", ""),
        )


def ticket_context(ticket: Ticket) -> dict[str, Any]:
    """What every drawing of one ticket needs."""
    actor = current_actor()
    query = parse_origin(request.args.get("from"))
    listed = query or default_list(ticket)
    return {
        "actor": actor,
        "ticket": ticket,
        "kind": kind_of(ticket, actor),
        "kind_of": lambda other: kind_of(other, actor),
        "verbs": ordered_verbs(ticket),
        "words": verb_words(),
        "prose": prose,
        "who_of": who_of,
        "origin": origin_of(query) if query else "",
        "suffix": "?" + urlencode({"from": origin_of(query)}) if query else "",
        "list_url": query_url(listed),
        "list_title": list_titles()[listed.box],
    }


def ordered_verbs(ticket: Ticket) -> list[Verb]:
    """The moves as their buttons stand: what is wanted most comes first."""
    order = list(verb_words())
    return sorted(possible_verbs(current_actor(), ticket), key=order.index)


def default_list(ticket: Ticket) -> BoxQuery:
    """The list a ticket is shown in when the address names none."""
    if ticket.state == State.ARCHIVED:
        return BoxQuery(box=Box.ARCHIVE)
    return BoxQuery(box=Box.OUTBOX if ticket.author_id == current_actor().id else Box.INBOX)


def read_now(ticket: Ticket, *, is_unread: bool = False) -> None:
    """Mark the ticket read, writing only when it was not; ``is_unread``: that is known already."""
    actor = current_actor()
    if not is_unread:
        mark = session().get(TicketRead, (actor.id, ticket.id))
        is_unread = mark is None or mark.activity < ticket.activity
    if is_unread:
        with unit_of_work(session()):
            mark_read(session(), ticket, actor=actor)


def talk_of(comments: Any, timeline: Any) -> list[tuple[str, Any]]:
    """Comments and happenings as one story, oldest first: ("comment" | "line", what)."""
    lines = [("line", line) for line in timeline if line.kind != "ticket.commented"]
    story = [("comment", comment) for comment in comments] + lines
    return sorted(story, key=lambda item: item[1].created_at if item[0] == "comment" else item[1].at)


# ------------------------------------------------------------------------------- the form


def text_of(ticket: Ticket) -> dict[str, str]:
    """What the edit form shows, as it would be typed."""
    return {
        "subject": ticket.subject,
        "body": ticket.body,
        "priority": str(int(ticket.priority)),
        "topic_id": str(ticket.topic_id or ""),
        "topic_text": ticket.topic_text,
    }


def typed_text() -> dict[str, str]:
    """What was typed, with the browser's line ends made ours."""
    names = ("subject", "body", "priority", "topic_id", "topic_text")
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def changes_of(typed: dict[str, str]) -> dict[str, Any]:
    """The form as the service wants it; a field that was not sent is not changed."""
    changes: dict[str, Any] = {}
    for name, text in typed.items():
        if name not in request.form:
            continue
        if name == "priority":
            value = number_in(text, least=0)
            changes[name] = -1 if value is None else value
        elif name == "topic_id":
            changes[name] = (number_in(text) or 0) if text else None
        else:
            changes[name] = text
    return changes
