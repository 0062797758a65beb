"""The courier's ears: what comes in over Jabber is answered, and who is there is kept for all channels."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.extensions import db
from app.notify.channels.base import ChannelError
from app.notify.channels.jabber import JabberChannel
from app.notify.channels.registry import open_channel
from app.notify.jabber import office, presence
from app.notify.jabber.hearing import Heard
from app.services.answer_senders import jabber_ids, sender_by_jabber
from app.services.answers import answer
from models import ChannelName, Staff

log = logging.getLogger(__name__)
LOOK_EVERY = 5.0  # seconds between two looks whether the channel's settings have changed


class Desk:
    """What the link asks of the helpdesk (:class:`app.notify.jabber.hearing.Ears`)."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._strangers: set[str] = set()
        self._looked_at = float("-inf")

    def people(self) -> frozenset[str]:
        """The Jabber IDs of active staff."""
        with self._session() as session:
            return frozenset(jid for _user_id, jid in jabber_ids(session))

    def online(self, jids: frozenset[str]) -> None:
        """Keep who is there."""
        with self._app.app_context():
            presence.write_online(jids)

    def heard(self, message: Heard) -> str:
        """Staff are answered; strangers learn nothing, not even that there is somebody."""
        with self._session() as session:
            sender = sender_by_jabber(session, message.sender)
            if sender is None:
                self._note_stranger(message.sender)
                return ""
            return self._answer(session, message, sender)

    def keep(self) -> None:
        """Have the link there while the channel is on, so that answers are heard before anything is sent."""
        if time.monotonic() < self._looked_at + LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        try:
            with self._session() as session:
                channel = open_channel(session, ChannelName.JABBER)
            if isinstance(channel, JabberChannel):
                office.link_to(channel.account)
            else:
                office.close()
        except ChannelError as error:
            office.close()
            log.warning("no Jabber: %s", error)
        except Exception:
            log.exception("the Jabber link was not looked after")

    def _answer(self, session: Session, message: Heard, sender: Staff) -> str:
        locale = sender.locale
        try:
            return answer(
                session,
                source=ChannelName.JABBER,
                external_id=message.key,
                sender_user=sender,
                text=message.text,
            )
        except Exception:
            log.exception("a Jabber message could not be answered")
            with force_locale(locale):
                return str(_("That did not work just now. Send it again a little later, or open the page."))

    def _note_stranger(self, sender: str) -> None:
        if sender not in self._strangers and len(self._strangers) < 1_000:
            self._strangers.add(sender)
            log.warning("a Jabber message of %s, who is no active member of staff, was left alone", sender)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._app.app_context():
            try:
                yield db.session()
            finally:
                db.session.remove()


def open_desk(app: Flask) -> Desk:
    """Let this process have the link."""
    desk = Desk(app)
    office.listen(desk)
    return desk


def close_desk() -> None:
    """Sign out; this process has no link any more."""
    office.listen(None)
