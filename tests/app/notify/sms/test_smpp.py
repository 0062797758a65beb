"""SMPP 3.4 with an operator that really speaks it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.notify.channels.base import Permanent, Temporary
from app.notify.sms import smpp
from app.notify.sms.smpp import Heard, Link
from app.services.receipts import ReceiptStatus, note_receipt, smpp_status
from models import ChannelName, Delivery, DeliveryStatus
from tests.support.servers import free_port
from tests.support.smsc import Operator, smsc


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    """The operator of this file's tests."""
    with smsc() as running:
        yield running


@pytest.fixture
def link(operator: Operator) -> Iterator[Link]:
    """A connection to it."""
    operator.texts.clear()
    operator.is_silent = False
    link = Link(smpp.Operator("127.0.0.1", operator.port, "helpdesk", operator.password, "HELPDESK"))
    yield link
    link.close()


def hear(link: Link, number: int) -> list[Heard]:
    """Listen until so much has been heard."""
    heard: list[Heard] = []
    deadline = time.monotonic() + 10
    while len(heard) < number and time.monotonic() < deadline:
        heard += link.listen()
        time.sleep(0.02)
    return heard


def test_long_cyrillic_text_arrives_whole_in_parts(link: Link, operator: Operator) -> None:
    text = "Заявка №42: не друкує принтер, кімната 214. " * 3
    numbers = link.send("+380671234567", text)
    assert (len(numbers), operator.whole("380671234567"), set(operator.encodings)) == (2, text, {8})


def test_receipts_and_answers_of_telephones_are_heard(link: Link) -> None:
    number = link.send("+380671234501", "MO беру 5")[0]
    heard = hear(link, 2)
    assert [(one.provider_id, one.status) for one in heard if one.provider_id] == [(number, "DELIVRD")]
    assert [(one.sender, one.text) for one in heard if one.text] == [("380671234501", "беру 5")]


def test_refused_number_is_final_and_leaves_the_link_working(link: Link) -> None:
    with pytest.raises(Permanent):
        link.send("+380671234500", "no such number")
    assert link.send("+380671234502", "next")


def test_silent_operator_is_given_up_in_time(
    link: Link, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp, "ALTOGETHER", 0.3)
    operator.is_silent = True
    with pytest.raises(Temporary, match="no answer in time"):
        link.send("+380671234567", "anybody there?")
    operator.is_silent = False
    assert link.send("+380671234567", "again")  # bound anew


def test_operator_that_is_away_or_hangs_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Temporary, match="unreachable"):
        Link(smpp.Operator("127.0.0.1", free_port(), "helpdesk")).send("+380671234567", "x")
    monkeypatch.setattr(smpp, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as hole:
        hanging = Link(smpp.Operator("127.0.0.1", hole.getsockname()[1], "helpdesk"))
        with pytest.raises(Temporary, match="unreachable"):
            hanging.check()


def test_receipt_says_on_the_delivery_how_it_ended(session: Session) -> None:
    from tests.app.services.test_sending import make_told
    from tests.support.channels import recording_channel

    with recording_channel(session, ChannelName.EMAIL):
        delivery = make_told(session)[2]
    delivery.status, delivery.provider_id = DeliveryStatus.SENT, "00AB"
    session.commit()
    assert smpp_status("ENROUTE") is None
    done, lost = smpp_status("DELIVRD"), smpp_status("UNDELIV")
    assert done is ReceiptStatus.DELIVERED
    assert lost is ReceiptStatus.UNDELIVERED
    assert note_receipt(session, ChannelName.EMAIL, done, provider_id="00AB")
    assert (delivery.receipt, delivery.status) == ("delivered", DeliveryStatus.SENT)
    assert note_receipt(session, ChannelName.EMAIL, lost, provider_id="00AB")
    assert (delivery.receipt, delivery.status) == ("undelivered", DeliveryStatus.DEAD)
    assert not note_receipt(session, ChannelName.SMS, done, provider_id="00AB")
    assert session.get_one(Delivery, delivery.id).receipt_at is not None
