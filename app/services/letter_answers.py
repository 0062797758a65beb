"""The short answer to a client's letter: the number of his ticket. At most one an hour to one address."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.email import EmailChannel
from app.notify.channels.registry import open_channel
from app.notify.mail import Letter, MailError, is_address
from app.notify.mailbox.letter import Received
from app.notify.mailbox.reply_address import reply_address
from models import ChannelName, Incoming, utcnow

log = logging.getLogger(__name__)
PAUSE = timedelta(hours=1)
ANSWERED = "answered"


@dataclass(frozen=True)
class Answer:
    """An answer that is to go once the ticket is committed."""

    to: str
    ticket_id: int
    subject: str
    message_id: str


def plan_answer(session: Session, incoming: Incoming, letter: Received, ticket_id: int) -> Answer | None:
    """The answer, unless one went to this address within the hour. Written down in the caller's transaction,
    so that it goes at most once: a process killed before sending sends none."""
    to = letter.sender.address
    query = select(Incoming.id).where(
        Incoming.source == incoming.source,
        Incoming.sender == incoming.sender,
        Incoming.answer == ANSWERED,
        Incoming.at > utcnow() - PAUSE,
    )
    if not is_address(to) or session.scalars(query.limit(1)).first() is not None:
        return None
    incoming.answer = ANSWERED
    return Answer(to, ticket_id, letter.subject, letter.message_id)


def send_answer(session: Session, answer: Answer, *, own: str) -> bool:
    """Hand the answer to the mail server; whether it went. A failure is logged and nothing more: it says only
    what the client will hear anyway."""
    channel = open_channel(session, ChannelName.EMAIL)
    session.rollback()  # nothing is held while a server is waited for
    if not isinstance(channel, EmailChannel):
        return False
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        text = _(
            "Your letter has arrived and has the number %(number)s. "
            "To add something, answer this letter and leave its address as it is.",
            number=answer.ticket_id,
        )
        subject = f"#{answer.ticket_id} {answer.subject}"[:200]
    try:
        channel.send_letter(
            Letter(
                to=answer.to,
                subject=subject,
                text=text,
                html="",
                message_id=f"<answer-{uuid4().hex}@{channel.domain}>",
                thread_id=f"<{answer.message_id}>" if answer.message_id else "",
                reply_to=reply_address(own, answer.ticket_id),
                submitted="auto-replied",
            )
        )
    except MailError as error:
        log.warning("the answer about ticket %s did not go: %s", answer.ticket_id, error)
        return False
    return True
