"""The verbs of a ticket: write it down, move it, edit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid
from app.events import Kind, record
from app.policy import Actor, Verb, can, ensure_can, ensure_can_somewhere
from app.services.client_lock import lock_for_history
from app.services.comments import add_comment
from app.services.placement import resolve_placement
from app.services.reading import mark_read
from app.services.rows import find_row
from app.services.typed import clean_text
from app.workflow import allowed_moves, apply_change, can_edit, conflict, move
from models import Client, Priority, State, Ticket, Topic, utcnow

SUBJECT_LENGTH = 200
BODY_LENGTH = 20_000
TOPIC_LENGTH = 120
KEY_LENGTH = 36


@dataclass(frozen=True)
class TicketDraft:
    """What was typed into the form of a new ticket. Empty ``subject``: the text's first line."""

    client_id: int | None
    department_id: int | None
    assignee_id: int | None = None
    subject: str = ""
    body: str = ""
    priority: int = Priority.NORMAL
    topic_id: int | None = None
    topic_text: str = ""
    request_key: str | None = None


def create_ticket(session: Session, draft: TicketDraft, *, actor: Actor) -> Ticket:
    """Write a ticket down and return it; the same ``request_key`` again returns the same ticket.

    Raises Forbidden without the right to create, Invalid naming every wrong field.
    """
    ensure_can_somewhere(actor, Verb.CREATE)
    if earlier := _written_before(session, draft.request_key, actor):
        return earlier
    ticket = Ticket(author_id=actor.id, state=State.FREE, **_checked(session, draft))
    try:
        with session.begin_nested():
            session.add(ticket)
            session.flush()
    except IntegrityError:
        # a second press of "save" on another thread won the race for the key
        earlier = _written_before(session, draft.request_key, actor)
        if earlier is None:  # somebody else's key, or what it refers to has gone this moment
            raise Invalid(_("It could not be saved: reload the page and send it once more.")) from None
        return earlier
    _count_contact(session, ticket.client_id)
    record(
        session,
        Kind.TICKET_CREATED,
        actor=actor,
        ticket_id=ticket.id,
        client_id=ticket.client_id,
        new={
            "department_id": ticket.department_id,
            "assignee_id": ticket.assignee_id,
            "priority": ticket.priority,
            "subject": ticket.subject,
        },
    )
    mark_read(session, ticket, actor=actor)
    return ticket


def move_ticket(
    session: Session, ticket: Ticket, verb: Verb, *, actor: Actor, version: int | None = None
) -> Ticket:
    """Take, release, complete, reopen, archive or restore. Completing a free ticket takes it first.

    Raises Conflict (someone was faster, or no such move from here) or Forbidden.
    """
    if verb == Verb.COMPLETE and ticket.state == State.FREE:
        ticket = move(session, ticket, Verb.TAKE, actor=actor, version=version)
        version = None
    ticket = move(session, ticket, verb, actor=actor, version=version)
    mark_read(session, ticket, actor=actor)
    return ticket


def transfer_ticket(
    session: Session,
    ticket: Ticket,
    *,
    actor: Actor,
    department_id: int | None,
    assignee_id: int | None = None,
    reason: str = "",
    version: int | None = None,
) -> Ticket:
    """Send a ticket on to another department or person; it becomes free there.

    ``reason``, if any, is left as a comment first. Raises Invalid when the place is the same or
    impossible, Conflict and Forbidden as :func:`app.workflow.move` does.
    """
    if Verb.TRANSFER not in allowed_moves(actor, ticket):
        move(session, ticket, Verb.TRANSFER, actor=actor, version=version)  # raises the right error
    if version is not None and version != ticket.version:
        raise conflict(ticket)
    place = resolve_placement(session, department_id, assignee_id)
    same = place == (ticket.department_id, ticket.assignee_id)
    if same and ticket.state == State.FREE:
        raise Invalid(fields={"department_id": _("The ticket is there already: choose another place.")})
    if reason.strip():
        add_comment(session, ticket, reason, actor=actor)
    values = {"department_id": place[0], "assignee_id": place[1]}
    ticket = move(session, ticket, Verb.TRANSFER, actor=actor, values=values)
    mark_read(session, ticket, actor=actor)
    return ticket


def edit_ticket(
    session: Session, ticket: Ticket, changes: dict[str, Any], *, version: int, actor: Actor
) -> Ticket:
    """Change subject, body, topic or priority of what the person saw as ``version``.

    Raises Forbidden, Invalid naming the fields, or Conflict when it has changed since.
    """
    if not can_edit(actor, ticket):
        ensure_can(actor, Verb.EDIT, ticket)
        raise Forbidden(_("The archive is read-only: restore the ticket first."))
    if version != ticket.version:
        raise conflict(ticket)
    if "priority" in changes and changes["priority"] != ticket.priority:
        ensure_can(actor, Verb.SET_PRIORITY, ticket)
    values = _checked_text(session, {**_text_of(ticket), **changes})
    if all(getattr(ticket, name) == value for name, value in values.items()):
        return ticket
    ticket = apply_change(session, ticket, Kind.TICKET_EDITED, values, actor=actor)
    mark_read(session, ticket, actor=actor)
    return ticket


def set_priority(
    session: Session, ticket: Ticket, priority: int, *, actor: Actor, version: int | None = None
) -> Ticket:
    """Change the priority alone. Raises Forbidden, Invalid or Conflict."""
    if not can(actor, Verb.SET_PRIORITY, ticket) or ticket.state == State.ARCHIVED:
        raise Forbidden(_("You see this ticket, but may not do this to it."))
    if version is not None and version != ticket.version:
        raise conflict(ticket)
    values = {"priority": _priority(priority)}
    if ticket.priority != values["priority"]:
        ticket = apply_change(session, ticket, Kind.TICKET_EDITED, values, actor=actor)
        mark_read(session, ticket, actor=actor)
    return ticket


# ---------------------------------------------------------------------------------- checks


def _written_before(session: Session, key: str | None, actor: Actor) -> Ticket | None:
    if not key:
        return None
    query = select(Ticket).where(Ticket.request_key == key, Ticket.author_id == actor.id)
    return session.scalars(query).one_or_none()


def _checked(session: Session, draft: TicketDraft) -> dict[str, Any]:
    """The columns of a new ticket, or Invalid with every wrong field named at once."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {"request_key": draft.request_key}
    client = lock_for_history(session, draft.client_id)
    if client is None:
        wrong["client_id"] = _("Choose the client, or write down a new one.")
    else:
        values["client_id"] = client.id
    try:
        place = resolve_placement(session, draft.department_id, draft.assignee_id)
        values["department_id"], values["assignee_id"] = place
    except Invalid as error:
        wrong.update(error.fields)
    try:
        values.update(
            _checked_text(
                session,
                {
                    "subject": draft.subject,
                    "body": draft.body,
                    "priority": draft.priority,
                    "topic_id": draft.topic_id,
                    "topic_text": draft.topic_text,
                },
            )
        )
    except Invalid as error:
        wrong.update(error.fields)
    if len(draft.request_key or "") > KEY_LENGTH:
        wrong["request_key"] = _("This page is out of date: reload it and send once more.")
    if wrong:
        raise Invalid(fields=wrong)
    return values


def _text_of(ticket: Ticket) -> dict[str, Any]:
    names = ("subject", "body", "priority", "topic_id", "topic_text")
    return {name: getattr(ticket, name) for name in names}


def _checked_text(session: Session, typed: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    body = clean_text(typed["body"])
    subject = " ".join(clean_text(typed["subject"]).split()) or _first_line(body)
    topic_text = " ".join(clean_text(typed["topic_text"]).split())
    if not subject:
        wrong["subject"] = _("Write in a few words what has happened.")
    elif len(subject) > SUBJECT_LENGTH:
        wrong["subject"] = _("Shorten to %(number)s characters; the rest fits below.", number=SUBJECT_LENGTH)
    if len(body) > BODY_LENGTH:
        wrong["body"] = _("Shorten to %(number)s characters.", number=BODY_LENGTH)
    if len(topic_text) > TOPIC_LENGTH:
        wrong["topic_text"] = _("Shorten to %(number)s characters.", number=TOPIC_LENGTH)
    topic_id = typed["topic_id"]
    if topic_id is not None and find_row(session, Topic, topic_id) is None:
        wrong["topic_id"] = _("There is no such topic: choose another or write your own.")
    try:
        priority = _priority(typed["priority"])
    except Invalid as error:
        wrong.update(error.fields)
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "subject": subject,
        "body": body,
        "priority": priority,
        "topic_id": topic_id,
        "topic_text": "" if topic_id else topic_text,
    }


def _first_line(body: str) -> str:
    line = body.split("\n", 1)[0].strip()
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 1].rstrip() + "…"


def _priority(value: Any) -> Priority:
    try:
        return Priority(value)
    except ValueError:
        raise Invalid(fields={"priority": _("Choose low, normal or high.")}) from None


def _count_contact(session: Session, client_id: int) -> None:
    session.execute(
        update(Client)
        .where(Client.id == client_id)
        .values(tickets_count=Client.tickets_count + 1, last_contact_at=utcnow())
        .execution_options(synchronize_session=False)
    )
