"""A delivery in words: what one person reads of one event (or of many at once) over one channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.notify.channels.base import Message
from app.notify.channels.registry import kind_of
from app.notify.mailbox.settings import reply_to
from app.policy import Actor
from app.services.digest_texts import News, write_digest
from app.services.message_defaults import Text
from app.services.message_templates import written
from app.services.message_variables import variables_of
from app.services.news_words import Words, other_words, ticket_words
from app.services.sending_checks import Ready
from models import ChannelName, Delivery, JournalEntry, Ticket


def compose(session: Session, batch: Sequence[Delivery], *, ready: Ready) -> Message:
    """The message of this delivery and of those told together with it, in its reader's language."""
    delivery, actor, ticket = ready.delivery, ready.actor, ready.ticket
    with force_locale(actor.locale):
        words = _words(session, delivery.event.entry, ticket, actor)
        if batch:
            return _digest(session, batch, words, ready)
        message = _single(session, words, ready)
        return replace(message, reply_to=reply_to(session, message.ticket_id))


def letter_html(text: Text, link: str) -> str:
    """A letter's HTML: the text's paragraphs, its subject as a heading, its address as a button."""
    paragraphs = [part for part in text.body.split("\n\n") if part.strip()]
    template = current_app.jinja_env.get_template("letters/news.html")
    return template.render(
        subject=text.subject, paragraphs=[part.split("\n") for part in paragraphs], link=link, open=_("Open")
    )


def _words(session: Session, entry: JournalEntry, ticket: Ticket | None, actor: Actor) -> Words:
    return ticket_words(entry, ticket, actor) if ticket else other_words(session, [entry])[entry.id]


def _single(session: Session, words: Words, ready: Ready) -> Message:
    delivery, ticket, locale = ready.delivery, ready.ticket, ready.actor.locale
    entry, channel = delivery.event.entry, kind_of(delivery.channel)
    values = variables_of(session, entry, ticket, words, reader=ready.person)
    text = written(session, entry.kind, channel, locale, values)
    return Message(
        key=delivery.key,
        to=ready.address,
        subject=text.subject or values["subject"],
        text=text.body,
        html=letter_html(text, values["link"]) if channel == ChannelName.EMAIL else "",
        url=f"{current_app.config['PUBLIC_URL']}{words.url}",
        thread=f"ticket-{ticket.id}" if ticket else "",
        ticket_id=ticket.id if ticket else None,
        locale=locale,
        is_urgent=delivery.is_urgent,
    )


def _digest(session: Session, batch: Sequence[Delivery], words: Words, ready: Ready) -> Message:
    """Many at once: what each tells, its own delivery's ticket among them."""
    entries = [one.event.entry for one in batch]
    numbers = {entry.ticket_id for entry in entries if entry.ticket_id}
    tickets = tickets_of(session, numbers)
    first = ready.delivery.event.entry
    told = [News(first, ready.ticket, words)]
    for entry in entries:
        ticket = tickets.get(entry.ticket_id or 0)
        told.append(News(entry, ticket, _words(session, entry, ticket, ready.actor)))
    channel = kind_of(ready.delivery.channel)
    text, html = write_digest(session, told, channel=channel, reader=ready.person)
    return Message(
        key=ready.delivery.key,
        to=ready.address,
        subject=text.subject,
        text=text.body,
        html=html,
        url=f"{current_app.config['PUBLIC_URL']}/notices/",
        locale=ready.actor.locale,
        is_urgent=ready.delivery.is_urgent,
    )


def tickets_of(session: Session, numbers: set[int]) -> dict[int, Ticket]:
    """These tickets with their clients, in one statement at most; the policy was asked before."""
    if not numbers:
        return {}
    query = select(Ticket).where(Ticket.id.in_(numbers)).options(joinedload(Ticket.client))
    return {ticket.id: ticket for ticket in session.scalars(query)}
