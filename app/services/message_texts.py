"""A delivery in words: what one person reads of one event (or of many at once) over one channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from flask import current_app
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.notify.channels.base import Message
from app.notify.mailbox.settings import reply_to
from app.policy import Actor
from app.services.news_words import Words, other_words, ticket_words
from app.services.sending_checks import Ready
from models import Delivery, JournalEntry, Ticket


def compose(session: Session, batch: Sequence[Delivery], *, ready: Ready) -> Message:
    """The message of this delivery and of those told together with it, in its reader's language."""
    delivery, actor, ticket = ready.delivery, ready.actor, ready.ticket
    with force_locale(actor.locale):
        words = _words(session, delivery.event.entry, ticket, actor)
        if batch:
            return _digest(session, delivery, batch, words, actor=actor, to=ready.address)
        message = _single(delivery, words, ticket, actor=actor, to=ready.address)
        return replace(message, reply_to=reply_to(session, message.ticket_id))


def _words(session: Session, entry: JournalEntry, ticket: Ticket | None, actor: Actor) -> Words:
    return ticket_words(entry, ticket, actor) if ticket else other_words(session, [entry])[entry.id]


def _single(delivery: Delivery, words: Words, ticket: Ticket | None, *, actor: Actor, to: str) -> Message:
    number = f"#{ticket.id} " if ticket else ""
    url = f"{current_app.config['PUBLIC_URL']}{words.url}"
    address = [url] if current_app.config["PUBLIC_URL"] else []
    lines = [words.text, f"{number}{words.title}", words.line, *address]
    return Message(
        key=delivery.key,
        to=to,
        subject=f"{number}{words.title}",
        text="\n".join(line for line in lines if line),
        html="<br>".join(escape(line) for line in lines if line),
        url=url,
        thread=f"ticket-{ticket.id}" if ticket else "",
        ticket_id=ticket.id if ticket else None,
        locale=actor.locale,
        is_urgent=delivery.is_urgent,
    )


def _digest(
    session: Session, delivery: Delivery, batch: Sequence[Delivery], words: Words, *, actor: Actor, to: str
) -> Message:
    entries = [one.event.entry for one in batch]
    numbers = {entry.ticket_id for entry in entries if entry.ticket_id}
    tickets = {one.id: one for one in session.query(Ticket).filter(Ticket.id.in_(numbers))} if numbers else {}
    told = [words, *(_words(session, one, tickets.get(one.ticket_id or 0), actor) for one in entries)]
    lines = [f"{one.text}: {one.title} ({one.line})" for one in told]
    title = ngettext("%(num)s piece of news", "%(num)s pieces of news", len(told))
    base = current_app.config["PUBLIC_URL"]
    return Message(
        key=delivery.key,
        to=to,
        subject=title,
        text="\n".join([_("While you were away:"), *lines]),
        html="<br>".join(escape(line) for line in lines),
        url=f"{base}/notices/",
        locale=actor.locale,
    )
