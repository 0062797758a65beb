"""To which ticket a letter belongs: by our signed address first, then by what it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.mailbox.letter import Received
from app.notify.mailbox.reply_address import ticket_in
from app.services.rows import is_id
from models import ChannelName, Delivery, JournalEntry, MailLetter, OutboxEvent

_KEY = re.compile(r"([0-9a-f]{32})@")
_TICKET = re.compile(r"ticket-(\d{1,10})@")


@dataclass(frozen=True)
class Thread:
    """The ticket that a letter speaks of.

    ``is_signed``: the letter came to an address that only we can make. ``is_proved``: that, or it answers a
    letter of ours whose name nobody guesses. What anybody could have made up proves nothing: there the sender
    must be the ticket's own client.
    """

    ticket_id: int
    is_signed: bool
    is_proved: bool


def thread_of(session: Session, letter: Received, *, own: str) -> Thread | None:
    """The thread, or None for a letter that begins a matter."""
    signed = ticket_in(own, letter.recipients)
    if is_id(signed):
        return Thread(signed or 0, is_signed=True, is_proved=True)
    by_key = _answered_delivery(session, letter.answers)
    if by_key is not None:
        return Thread(by_key, is_signed=False, is_proved=True)
    guessable = _answered_letter(session, letter.answers) or _named_ticket(letter.answers)
    return Thread(guessable, is_signed=False, is_proved=False) if guessable else None


def own_delivery(session: Session, message_id: str) -> Delivery | None:
    """The delivery that went out under this Message-ID."""
    found = _KEY.match(message_id)
    if found is None:
        return None
    query = select(Delivery).where(Delivery.key == found[1], Delivery.channel == ChannelName.EMAIL)
    return session.scalars(query).one_or_none()


def _answered_delivery(session: Session, answers: tuple[str, ...]) -> int | None:
    """The ticket of the letter of ours that this one answers."""
    keys = [found[1] for found in map(_KEY.match, answers) if found]
    if not keys:
        return None
    query = (
        select(JournalEntry.ticket_id)
        .join(OutboxEvent, OutboxEvent.journal_id == JournalEntry.id)
        .join(Delivery, Delivery.event_id == OutboxEvent.id)
        .where(Delivery.key.in_(keys), JournalEntry.ticket_id.is_not(None))
        .order_by(Delivery.id.desc())
    )
    return session.scalars(query).first()


def _answered_letter(session: Session, answers: tuple[str, ...]) -> int | None:
    """The ticket of an earlier letter, such as the client's own first one."""
    if not answers:
        return None
    query = (
        select(MailLetter.ticket_id)
        .where(MailLetter.message_id.in_(answers), MailLetter.ticket_id.is_not(None))
        .order_by(MailLetter.id.desc())
    )
    return session.scalars(query).first()


def _named_ticket(answers: tuple[str, ...]) -> int | None:
    """``<ticket-12@domain>``, which all our letters about a ticket name."""
    numbers = [int(found[1]) for found in map(_TICKET.match, answers) if found]
    return next((number for number in numbers if is_id(number)), None)
