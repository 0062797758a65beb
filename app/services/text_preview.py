"""What a text would look like: on a real event that the administrator sees, else on an example."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.notify.channels.registry import CHANNELS, settings_of
from app.notify.channels.sms import MOST_PARTS
from app.notify.sms.text import cut, parts_of
from app.policy import Actor, access_ticket
from app.services.message_defaults import Text
from app.services.message_templates import checked, filled
from app.services.message_variables import example_of, variables_of
from app.services.news_words import other_words, ticket_words
from models import ChannelName, ChannelSetting, JournalEntry, Staff

LOOKED_AT = 2000  # the newest entries of the journal among which an event is looked for


@dataclass(frozen=True)
class Preview:
    """The message; ``link`` for the letter's button; of an SMS its ``signs`` and ``parts`` and whether it
    would be cut. ``of``: the number of the ticket, 0 for the example."""

    text: Text
    link: str
    of: int
    signs: int = 0
    parts: int = 0
    is_cut: bool = False


def preview(session: Session, kind: str, channel: str, locale: str, text: Text, *, actor: Actor) -> Preview:
    """The typed text on the latest event of its kind. Raises Invalid naming what is wrong with it."""
    text = checked(channel, text)
    reader = session.get_one(Staff, actor.id)
    with force_locale(locale):
        number, values = _values(session, kind, reader, actor)
        made = filled(text, values)
    if channel != ChannelName.SMS:
        return Preview(made, values["link"], number)
    one_line = " ".join(made.body.split())
    short = cut(one_line, _most_parts(session))
    return Preview(
        Text("", short), "", number, signs=len(short), parts=parts_of(short), is_cut=short != one_line
    )


def _most_parts(session: Session) -> int:
    """How many parts the channel's settings allow."""
    made = CHANNELS.get(ChannelName.SMS)
    if made is None:
        return MOST_PARTS
    return settings_of(made, session.get(ChannelSetting, ChannelName.SMS)).number("most_parts", MOST_PARTS)


def _values(session: Session, kind: str, reader: Staff, actor: Actor) -> tuple[int, dict[str, str]]:
    newest = select(JournalEntry.id).order_by(JournalEntry.id.desc()).limit(LOOKED_AT).subquery()
    query = select(JournalEntry).where(JournalEntry.id.in_(select(newest.c.id)), JournalEntry.kind == kind)
    entry = session.scalars(
        query.order_by(JournalEntry.id.desc()).limit(1).options(joinedload(JournalEntry.actor))
    ).first()
    if entry is None:
        return 0, example_of(kind, reader)
    if entry.ticket_id is None:
        words = other_words(session, [entry])[entry.id]
        return 0, variables_of(session, entry, None, words, reader=reader)
    try:
        ticket = access_ticket(session, entry.ticket_id, actor=actor)
    except NotFound:
        return 0, example_of(kind, reader)
    words = ticket_words(entry, ticket, actor)
    return ticket.id, variables_of(session, entry, ticket, words, reader=reader)
