"""What arrives from an operator over SMPP: receipts of our messages, and answers from telephones."""

from __future__ import annotations

import logging
import threading

from flask import Flask
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db
from app.notify.channels.base import ChannelError
from app.notify.channels.registry import open_channel
from app.notify.channels.sms import SmsChannel
from app.notify.sms.smpp import Heard, Link, link_to
from app.notify.sms.text import cut
from app.services.answer_senders import sender_by_phone
from app.services.answers import answer
from app.services.receipts import note_receipt, smpp_status
from models import ChannelName

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds
REST = 15.0  # seconds after a failure
LONGEST_REPLY = 2  # parts


def listen(app: Flask, leave: threading.Event) -> None:
    """Until told to leave: hear what the operator has to say, if short messages go over SMPP at all."""
    rest = 0.0
    while not leave.wait(EVERY + rest):
        rest = 0.0
        with app.app_context():
            try:
                hear(db.session())
            except ChannelError as error:
                log.warning("the SMS operator is not heard: %s", error)
                rest = REST
            except Exception:
                log.exception("listening to the SMS operator broke")
                rest = REST
            finally:
                db.session.remove()


def hear(session: Session) -> list[Heard]:
    """Ask once, and deal with all that came."""
    channel = open_channel(session, ChannelName.SMS)
    if not isinstance(channel, SmsChannel) or channel.settings.text("way") != "smpp":
        return []
    session.commit()
    heard = link_to(channel.operator()).listen()
    for one in heard:
        if one.text:
            _answer(session, link_to(channel.operator()), one, channel.settings.text("region") or "UA")
        status = smpp_status(one.status)
        if one.provider_id and status:
            with unit_of_work(session):
                note_receipt(session, ChannelName.SMS, status, provider_id=one.provider_id)
    return heard


def _answer(session: Session, link: Link, heard: Heard, region: str) -> None:
    """Do what a colleague asked for by SMS; strangers get no answer."""
    person = sender_by_phone(session, heard.sender, region=region)
    if person is None:
        log.warning("a short message from a number that is nobody's")
        return
    reply = answer(
        session, source=ChannelName.SMS, external_id=heard.external_id, sender_user=person, text=heard.text
    )
    if reply:
        link.send(f"+{heard.sender.lstrip('+')}", cut(reply, LONGEST_REPLY))
