"""The first look at a letter: was it here before, is it a person's, are there too many of its sender's."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.notify.channels.base import Settings
from app.notify.channels.email import EmailChannel
from app.notify.channels.registry import settings_of
from app.notify.mailbox.letter import Received
from app.notify.mailbox.marks import Mark
from app.notify.mailbox.reply_address import is_own
from app.notify.mailbox.settings import MAILBOX
from app.services.letter_threads import own_delivery
from models import ChannelName, ChannelSetting, Incoming, LetterWhy, utcnow

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20  # letters of one sender that become tickets or comments by themselves
FLOOD = 100  # beyond it they are not even put into the tray


class Outcome(StrEnum):
    """What became of a letter."""

    TICKET = "ticket"
    COMMENT = "comment"
    TRAY = "tray"
    AUTOMATIC = "automatic"  # a machine's answer, which nobody needs
    OWN = "own"  # we wrote it ourselves
    REPORT = "report"
    BOUNCE = "bounce"  # a report that one of our letters did not arrive
    FLOOD = "flood"
    FAILED = "failed"
    DUPLICATE = "duplicate"


def first_sight(session: Session, letter: Received, settings: Settings) -> Outcome | None:
    """What needs no words: our own letters, machines' answers, reports, floods. None: it is to be read."""
    if letter.mark is Mark.REPORT:
        return Outcome.REPORT
    if _is_ours(session, letter, settings):
        return Outcome.OWN
    if letter.mark is Mark.REPLY:
        return Outcome.AUTOMATIC
    return Outcome.FLOOD if _within_the_hour(session, letter.sender.address) >= FLOOD else None


def suspicion(session: Session, letter: Received) -> LetterWhy:
    """Why a person should look at the letter first."""
    if not letter.sender.address:
        return LetterWhy.NO_SENDER
    if letter.is_forged:
        return LetterWhy.FORGED
    if letter.mark is Mark.MACHINE:
        return LetterWhy.AUTOMATIC
    # the row of this letter itself is among them
    many = _within_the_hour(session, letter.sender.address) > MOST_AN_HOUR
    return LetterWhy.RATE if many else LetterWhy.NONE


def is_known(session: Session, external_id: str) -> bool:
    """Whether this letter was dealt with before."""
    query = select(Incoming.id).where(Incoming.source == MAILBOX, Incoming.external_id == external_id)
    return session.scalars(query).first() is not None


def insert(session: Session, external_id: str, sender: str) -> Incoming | None:
    """The row that says which letter it was; None when another reader has just written it."""
    incoming = Incoming(source=MAILBOX, external_id=external_id[:300], sender=sender[:320])
    try:
        with session.begin_nested():
            session.add(incoming)
            session.flush()
    except IntegrityError:
        return None
    return incoming


def _is_ours(session: Session, letter: Received, settings: Settings) -> bool:
    """Whether we wrote the letter: it comes from our own address, or bears a name that only we give."""
    sender = letter.sender.address
    mail = settings_of(EmailChannel, session.get(ChannelSetting, ChannelName.EMAIL)).text("sender").lower()
    if sender and (sender == mail or is_own(settings.text("address"), sender)):
        return True
    return own_delivery(session, letter.message_id) is not None


def _within_the_hour(session: Session, sender: str) -> int:
    if not sender:
        return 0
    since = utcnow() - HOUR
    query = select(func.count()).where(
        Incoming.source == MAILBOX, Incoming.sender == sender, Incoming.at > since
    )
    return session.scalar(query) or 0
