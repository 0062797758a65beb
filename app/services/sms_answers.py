"""Messages that arrive from telephones, handed to whoever deals with answers."""

from __future__ import annotations

import logging
from importlib import import_module, util

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.registry import settings_of
from app.notify.channels.sms import SmsChannel
from app.notify.sms.numbers import mobile_number
from models import ChannelName, ChannelSetting, Staff

log = logging.getLogger(__name__)
ANSWERS = "app.services.answers"


def take_answer(session: Session, *, sender: str, text: str, external_id: str) -> bool:
    """Hand the message over; False when the number is nobody's, or nothing deals with answers.

    The answers commit by themselves, and know the same ``external_id`` again.
    """
    person = staff_of_number(session, sender)
    if person is None:
        log.warning("a message from a telephone that is no staff member's is dropped")
        return False
    # the one place that calls the answers; a plain import once that module is part of this tree
    if util.find_spec(ANSWERS) is None:
        log.warning("answers are not dealt with here: message %s is dropped", external_id)
        return False
    import_module(ANSWERS).answer(
        session, source=ChannelName.SMS, external_id=external_id, sender_user=person, text=text
    )
    return True


def staff_of_number(session: Session, number: str) -> Staff | None:
    """The one active staff member with this telephone; None when there is none, or several."""
    row = session.get(ChannelSetting, ChannelName.SMS)
    region = settings_of(SmsChannel, row).text("region") or "UA"
    wanted = mobile_number(number if number.startswith("+") else f"+{number}", region) or mobile_number(
        number, region
    )
    if not wanted:
        return None
    query = select(Staff).where(Staff.active.is_(True), Staff.phone != "")
    found = [one for one in session.scalars(query) if mobile_number(one.phone, region) == wanted]
    return found[0] if len(found) == 1 else None
