"""Answers from the messenger: a person's message becomes an act, exactly once, with the rights of the pages.

The row that says "this message has been answered" is written in the transaction of the act itself: either
both stand or none does, and the same message again gets the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, HelpdeskError, NotFound
from app.events import unit_of_work
from app.policy import Actor, access_ticket, load_actor
from app.services.answer_acts import Done, act, stand_of
from app.services.answer_words import parse
from models import Incoming, Staff

ID_LENGTH = 300
NOT_UNDERSTOOD = "not_understood"
REFUSED = "refused"


class _Repeated(Exception):
    """The message has been answered already."""


def answer(session: Session, *, source: str, external_id: str, sender_user: Staff, text: str) -> str:
    """Do what the person asks for, and return what to answer him, in his language.

    ``source`` is the channel's name; ``external_id`` tells the message from all others of this person there.
    A message that comes again changes nothing and gets the first answer. Empty for a disabled account.
    Commits. Raises nothing that a person could cause.
    """
    try:
        actor = load_actor(session, sender_user.id, address=source)
    except NotFound:
        return ""
    # a person's numbers are his own: nobody gets another's answer by repeating them
    number = _fit(f"{actor.id}:{external_id}")
    incoming = Incoming(source=source, external_id=number, sender=str(sender_user.username))
    with force_locale(actor.locale):
        try:
            return _answer(session, incoming, text, actor)
        except _Repeated:
            return _first_answer(session, source, number)


def _answer(session: Session, incoming: Incoming, text: str, actor: Actor) -> str:
    command = parse(text)
    source, number, sender = incoming.source, incoming.external_id, incoming.sender
    if command is None:
        return _write(session, incoming, NOT_UNDERSTOOD, lambda: Done(_not_understood()))
    try:
        return _write(
            session, incoming, command.word, lambda: act(session, command, actor=actor, source=source)
        )
    except HelpdeskError as error:
        # what the refused act began is rolled back; that it was refused is kept
        refusal = _in_words(session, error, actor)
        row = Incoming(source=source, external_id=number, sender=sender)
        return _write(session, row, REFUSED, lambda: Done(refusal))


def _write(session: Session, incoming: Incoming, outcome: str, work: Callable[[], Done]) -> str:
    """Do the work and say so in the row, in one transaction. Raises _Repeated if the row is there."""
    with unit_of_work(session):
        session.add(incoming)
        try:
            session.flush()
        except IntegrityError:
            raise _Repeated from None
        done = work()
        incoming.outcome, incoming.answer, incoming.ticket_id = outcome, done.text, done.ticket_id
        return done.text


def _first_answer(session: Session, source: str, number: str) -> str:
    query = select(Incoming.answer).where(Incoming.source == source, Incoming.external_id == number)
    return session.scalars(query).one_or_none() or ""


def _in_words(session: Session, error: HelpdeskError, actor: Actor) -> str:
    """The page's own words; of a lost race also how the ticket stands now."""
    ticket_id = error.details.get("ticket_id")
    if not isinstance(error, Conflict) or ticket_id is None:
        return error.message or _("This cannot be done.")
    try:
        return f"{error.message}\n{stand_of(access_ticket(session, ticket_id, actor=actor))}"
    except NotFound:
        return error.message


def _not_understood() -> str:
    return str(_("I did not understand that. Write ? for help."))


def _fit(number: str) -> str:
    return number if len(number) <= ID_LENGTH else sha256(number.encode()).hexdigest()
