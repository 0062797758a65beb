"""A colleague answers by SMS: the ticket is his, the answer comes back, strangers hear nothing."""

from __future__ import annotations

import time

from sqlalchemy.orm import Session

from app.notify.channels.registry import open_channel
from app.notify.channels.sms import SmsChannel
from app.notify.sms.smpp import Heard, Link, link_to
from jobs import sms_listening
from models import ChannelName, DeliveryStatus, State
from tests.app.services.test_sending import make_told
from tests.support.channels import recording_channel, switch_on
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.smsc import Operator, smsc

NUMBER = "380671234567"


def switch_on_smpp(session: Session, operator: Operator) -> Link:
    """Short messages go to this operator; our connection to it."""
    where = {"host": "127.0.0.1", "port": operator.port}
    switch_on(session, ChannelName.SMS, way="smpp", user="h", sender="380440000000", **where)
    session.commit()
    sms_listening.hear(session)
    channel = open_channel(session, ChannelName.SMS)
    assert isinstance(channel, SmsChannel)
    return link_to(channel.operator())


def listen(session: Session, seconds: float = 5.0) -> list[Heard]:
    """Until something was heard."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if heard := sms_listening.hear(session):
            return heard
        time.sleep(0.02)
    return []


def test_colleague_takes_a_ticket_by_sms_once(session: Session) -> None:
    department = make_department(session)
    worker = make_user(session, phone="067 123-45-67", employee_of=[department], locale="en")
    ticket = make_ticket(session, author=make_user(session), department=department)
    session.commit()
    with smsc() as operator:
        link = switch_on_smpp(session, operator)
        for _turn in range(2):  # the operator may repeat it
            link.send(f"+{NUMBER}", f"MO take {ticket.id}")
            listen(session)
            listen(session, 0.5)
        session.refresh(ticket)
        assert (ticket.state, ticket.taken_by_id) == (State.IN_WORK, worker.id)
        replies = [text for to, text in operator.texts if to == NUMBER and not text.startswith("MO")]
        assert str(ticket.id) in replies[0]
        link.close()


def test_stranger_gets_no_answer(session: Session) -> None:
    with smsc() as operator:
        link = switch_on_smpp(session, operator)
        link.send(f"+{NUMBER}", "MO take 1")
        assert listen(session)
        listen(session, 0.3)
        assert [text for _to, text in operator.texts] == ["MO take 1"]
        link.close()


def test_receipt_reaches_the_ledger(session: Session) -> None:
    with recording_channel(session, ChannelName.EMAIL):
        delivery = make_told(session)[2]
    delivery.channel = ChannelName.SMS
    with smsc() as operator:
        link = switch_on_smpp(session, operator)
        delivery.provider_id, delivery.status = link.send(f"+{NUMBER}", "Заявка")[0], DeliveryStatus.SENT
        session.commit()
        listen(session)
        session.refresh(delivery)
        assert delivery.receipt == "delivered"
        link.close()
