"""A person's own messenger through Apprise, to a real HTTP server that stands for the messenger."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session

from app.notify.channels.base import Message, Permanent, Settings, Temporary
from app.notify.channels.own import OwnChannel, is_allowed, seal_address
from models import OwnAddress
from tests.support.factories import make_user
from tests.support.sms_gateway import sms_gateway

MESSAGE = Message("k1", "", "#5 Принтер", "Нова заявка", url="https://h.example/tickets/5")


def made(session: Session, address: str) -> Message:
    """A message to somebody's new address."""
    row = OwnAddress(user_id=make_user(session).id, name="mine", sealed=seal_address(address))
    session.add(row)
    session.commit()
    assert address not in row.sealed
    return Message(**{**vars(MESSAGE), "to": f"own:{row.id}"})


def test_message_arrives_with_its_link(session: Session) -> None:
    channel = OwnChannel(Settings({"schemes": "json"}))
    with sms_gateway() as server:
        channel.send(made(session, server.url.replace("http", "json")))
        told = json.loads(server.asked[0].body)
        assert told["title"] == "#5 Принтер"
        assert told["message"].splitlines() == ["Нова заявка", "https://h.example/tickets/5"]
        server.answers = [(500, {}, "no")]
        with pytest.raises(Temporary):
            channel.send(made(session, server.url.replace("http", "json")))


def test_messenger_that_the_firm_does_not_allow_is_not_used(session: Session) -> None:
    with sms_gateway() as server, pytest.raises(Permanent):
        OwnChannel(Settings({"schemes": "tgram"})).send(made(session, server.url.replace("http", "json")))
    assert server.asked == []


def test_switched_off_address_is_not_used(session: Session) -> None:
    message = made(session, "json://127.0.0.1")
    session.query(OwnAddress).update({"is_on": False})
    session.commit()
    with pytest.raises(Permanent):
        OwnChannel(Settings({"schemes": "json"})).send(message)


SCHEMES = [
    ("tgram://a/b", True),
    ("TGRAM://a/b", True),
    ("json://host", False),
    ("tgram", False),
    ("", False),
]


@pytest.mark.parametrize(("address", "allowed"), SCHEMES)
def test_addresses_begin_with_what_is_allowed(address: str, allowed: bool) -> None:
    assert is_allowed(address, Settings({"schemes": "tgram, slack"})) is allowed
