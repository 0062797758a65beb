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
from app.notify.sms.smpp import Heard, link_to
from app.services.receipts import note_receipt, smpp_status
from models import ChannelName

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds
REST = 15.0  # seconds after a failure


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
        status = smpp_status(one.status)
        if one.provider_id and status:
            with unit_of_work(session):
                note_receipt(session, ChannelName.SMS, status, provider_id=one.provider_id)
    return heard
