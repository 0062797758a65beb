"""What a command from a messenger does: the very verbs of the pages, and their outcome in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from app.errors import Invalid
from app.policy import Actor, Verb, access_ticket, visible_tickets
from app.services.answer_places import find_place
from app.services.answer_words import Command, Word
from app.services.comments import add_comment
from app.services.ticket_page import access_whole_ticket
from app.services.tickets import move_ticket, transfer_ticket
from models import Delivery, DeliveryStatus, JournalEntry, OutboxEvent, State, Ticket, utcnow

# a word without a number means the one ticket that this messenger has told of in so much time
JUST_TOLD = timedelta(minutes=30)
MOST_LISTED = 15
BODY_SHOWN = 500


@dataclass(frozen=True)
class Done:
    """What to answer, and about which ticket."""

    text: str
    ticket_id: int | None = None


def act(session: Session, command: Command, *, actor: Actor, source: str) -> Done:
    """Do it within the caller's transaction. Raises whatever the page's verb raises, Invalid when the
    message does not say enough."""
    if command.word == Word.HELP:
        return Done(help_words())
    if command.word == Word.LIST:
        return Done(_list(session, actor))
    if command.is_unclear:
        raise Invalid(_("One ticket at a time, please: write one number."))
    number = command.ticket if command.ticket is not None else _just_told(session, actor, source)
    if number is None:
        raise Invalid(_("Which ticket? Write its number, such as: take 123."))
    ticket = access_ticket(session, number, actor=actor)
    return Done(_do(session, command, ticket, actor), ticket.id)


def _do(session: Session, command: Command, ticket: Ticket, actor: Actor) -> str:
    match command.word:
        case Word.TAKE:
            return _take(session, ticket, actor)
        case Word.RELEASE:
            move_ticket(session, ticket, Verb.RELEASE, actor=actor)
            return str(_("#%(number)s is free again.", number=ticket.id))
        case Word.DONE:
            return _complete(session, ticket, actor, command.rest)
        case Word.COMMENT:
            add_comment(session, ticket, command.rest, actor=actor)
            return str(_("Your comment stands under #%(number)s.", number=ticket.id))
        case Word.TO:
            return _transfer(session, ticket, actor, command)
    return describe(access_whole_ticket(session, ticket.id, actor=actor))


def _take(session: Session, ticket: Ticket, actor: Actor) -> str:
    if ticket.state == State.IN_WORK and ticket.taken_by_id == actor.id:
        return str(_("#%(number)s is yours already.", number=ticket.id))
    move_ticket(session, ticket, Verb.TAKE, actor=actor)
    return str(_("#%(number)s is yours now: %(title)s", number=ticket.id, title=ticket.subject))


def _complete(session: Session, ticket: Ticket, actor: Actor, comment: str) -> str:
    if comment:
        add_comment(session, ticket, comment, actor=actor)
    move_ticket(session, ticket, Verb.COMPLETE, actor=actor)
    return str(_("#%(number)s is done.", number=ticket.id))


def _transfer(session: Session, ticket: Ticket, actor: Actor, command: Command) -> str:
    place = find_place(session, command.place, ticket)
    transfer_ticket(
        session,
        ticket,
        actor=actor,
        department_id=place.department_id,
        assignee_id=place.assignee_id,
        reason=command.rest,
    )
    return str(_("#%(number)s was sent on: %(place)s", number=ticket.id, place=place.label))


def _just_told(session: Session, actor: Actor, source: str) -> int | None:
    """The ticket that he was told of here a moment ago; None when it was none, or more than one."""
    query = (
        select(JournalEntry.ticket_id)
        .join(OutboxEvent, OutboxEvent.journal_id == JournalEntry.id)
        .join(Delivery, Delivery.event_id == OutboxEvent.id)
        .where(
            Delivery.user_id == actor.id,
            Delivery.channel == source,
            Delivery.status == DeliveryStatus.SENT,
            Delivery.sent_at > utcnow() - JUST_TOLD,
            Delivery.created_at > utcnow() - timedelta(days=1),  # an index; nothing waits that long
            JournalEntry.ticket_id.is_not(None),
        )
        .distinct()
        .limit(2)
    )
    told = session.scalars(query).all()
    return told[0] if len(told) == 1 else None


# ---------------------------------------------------------------------------------- in words


def describe(ticket: Ticket) -> str:
    """The ticket in a few lines; it must be loaded as its page loads it."""
    client = ticket.client
    phones = ", ".join(phone.number for phone in client.phones[:2])
    room = _("room %(room)s", room=client.room) if client.room else ""
    whose = [client.full_name, client.unit.name if client.unit else "", room, phones]
    lines = [
        f"#{ticket.id} {ticket.subject}",
        stand_of(ticket),
        ", ".join(part for part in whose if part),
        ticket.department.name,
        ticket.body[:BODY_SHOWN] + "…" * (len(ticket.body) > BODY_SHOWN),
    ]
    return "\n".join(line for line in lines if line)


def stand_of(ticket: Ticket) -> str:
    """``In work: Олена Коваленко``."""
    words = {
        State.FREE: _("Free"),
        State.IN_WORK: _("In work"),
        State.DONE: _("Done"),
        State.ARCHIVED: _("Archived"),
    }
    person = {State.FREE: ticket.assignee, State.IN_WORK: ticket.taken_by, State.DONE: ticket.done_by}
    who = person.get(State(ticket.state))
    word = words[State(ticket.state)]
    return f"{word}: {who.full_name}" if who else word


def _list(session: Session, actor: Actor) -> str:
    """What he has in work, and what waits for him by name."""
    mine = or_(
        and_(Ticket.state == State.IN_WORK, Ticket.taken_by_id == actor.id),
        and_(Ticket.state == State.FREE, Ticket.assignee_id == actor.id),
    )
    query = visible_tickets(actor).where(mine).order_by(Ticket.priority.desc(), Ticket.id)
    found = session.scalars(query.options(joinedload(Ticket.client)).limit(MOST_LISTED + 1)).unique().all()
    if not found:
        return str(_("You have no open tickets."))
    words = {State.FREE: _("Free"), State.IN_WORK: _("In work")}
    lines = [
        f"#{one.id} {one.subject} · {one.client.short_name} · {words[State(one.state)]}"
        for one in found[:MOST_LISTED]
    ]
    return "\n".join([*lines, "…"] if len(found) > MOST_LISTED else lines)


def help_words() -> str:
    """All commands, in the reader's language."""
    return "\n".join(
        [
            _("take 123: the ticket is yours"),
            _("done 123 changed the cartridge: it is done, with a comment"),
            _("comment 123 I come at two: a comment"),
            _("to printers 123: to a department, or to a colleague by name or login"),
            _("release 123: free again"),
            _("? 123: what the ticket says"),
            _("list: your open tickets"),
        ]
    )
