"""What an SMS gateway tells us: receipts and answers, for whoever knows the secret alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.extensions import db
from app.factory import create_app
from app.services import sms_answers
from app.services.channel_settings import make_hook_secret
from models import ChannelSetting, Delivery, DeliveryStatus, JournalEntry, OutboxEvent, Staff, utcnow
from tests.support.channels import switch_on
from tests.support.databases import Place
from tests.support.factories import actor_of, make_user
from tests.support.queries import count_queries


@pytest.fixture
def boss(session: Session) -> Staff:
    """An administrator."""
    return make_user(session, "boss", administrator=True)


@pytest.fixture
def hook(app: Flask, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch) -> str:
    """The gateway's address; the check of our pages' tokens is on, as in production."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    switch_on(session, "sms", url="https://sms.example/")
    secret = make_hook_secret(session, actor=actor_of(session, boss))
    session.commit()
    return f"/hooks/sms/{secret}"


@pytest.fixture
def delivery(session: Session, boss: Staff) -> Delivery:
    """A short message that the gateway has taken."""
    entry = JournalEntry(kind="x", old={}, new={}, subject="", address="")
    session.add(entry)
    session.flush()
    event = OutboxEvent(journal_id=entry.id)
    session.add(event)
    session.flush()
    row = Delivery(
        event_id=event.id,
        user_id=boss.id,
        channel="sms",
        key="our-key",
        due_at=utcnow(),
        status=DeliveryStatus.SENT,
        provider_id="77",
    )
    session.add(row)
    session.commit()
    return row


TOLD: list[dict[str, Any]] = [
    {"query_string": {"id": "77", "status": "DELIVRD"}},
    {"data": {"MessageSid": "77", "MessageStatus": "delivered"}, "method": "POST"},
    {"json": {"messageId": 77, "status": "Delivered"}, "method": "POST"},
    {"query_string": {"key": "our-key", "status": "1"}},
]


@pytest.mark.parametrize("told", TOLD)
def test_receipt_is_written_down_however_it_is_told(
    client: FlaskClient, session: Session, hook: str, delivery: Delivery, told: dict[str, Any]
) -> None:
    with count_queries() as sent:
        answer = client.open(f"{hook}/receipt", **told)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert len(sent) <= 5, str(sent)
    assert delivery.receipt == "delivered"


def test_lost_message_is_dead_and_unknown_words_change_nothing(
    client: FlaskClient, session: Session, hook: str, delivery: Delivery
) -> None:
    for fields in (
        {"id": "77", "status": "on its way"},
        {"id": "99", "status": "failed"},
        {"status": "failed"},
        {"id": "7\0", "status": "failed"},
        {},
    ):
        assert client.get(f"{hook}/receipt", query_string=fields).status_code == 200
        assert (delivery.status, delivery.receipt) == (DeliveryStatus.SENT, "")
    client.get(f"{hook}/receipt?id=77&status=failed")
    assert (delivery.status, delivery.receipt) == (DeliveryStatus.DEAD, "undelivered")


def test_words_of_the_settings_count(
    client: FlaskClient, session: Session, hook: str, delivery: Delivery
) -> None:
    row = session.get_one(ChannelSetting, "sms")
    row.values = {**row.values, "arrived": "da", "lost": "net"}
    client.get(f"{hook}/receipt?id=77&status=DELIVRD")
    assert delivery.receipt == ""
    client.get(f"{hook}/receipt?id=77&status=DA")
    assert delivery.receipt == "delivered"


def test_stranger_finds_nothing_there(client: FlaskClient, session: Session, hook: str) -> None:
    for path in (f"{hook}x", hook[:-1], "/hooks/sms/x", "/hooks/sms/%00", "/hooks/sms/ї"):
        for end in ("receipt", "incoming"):
            assert client.post(f"{path}/{end}", data={"id": "1"}).status_code == 404
    assert client.put(f"{hook}/receipt").status_code == 405
    assert client.post(f"{hook}/receipt", data={"x": "y" * 70_000}).status_code == 413
    session.delete(session.get_one(ChannelSetting, "sms"))
    assert client.get(f"{hook}/receipt").status_code == 404


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the answers are given."""
    given: list[dict[str, Any]] = []
    answers = ModuleType(sms_answers.ANSWERS)
    answers.answer = lambda _session, **facts: given.append(facts)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, sms_answers.ANSWERS, answers)
    monkeypatch.setattr("app.services.sms_answers.util.find_spec", lambda _name: answers)
    return given


@pytest.mark.parametrize("number", ["+380501234567", "380501234567", "0501234567"])
def test_answer_reaches_who_deals_with_answers(
    client: FlaskClient, session: Session, hook: str, boss: Staff, heard: list[dict[str, Any]], number: str
) -> None:
    boss.phone = "050 123-45-67"
    client.post(f"{hook}/incoming", data={"from": number, "text": "ok #5", "id": "m1"})
    assert [(one["external_id"], one["text"], one["sender_user"].id) for one in heard] == [
        ("m1", "ok #5", boss.id)
    ]
    client.post(f"{hook}/incoming", data={"from": number, "text": "ok"})
    assert len(heard[1]["external_id"]) == 32


def test_answer_of_nobody_or_of_two_is_dropped(
    client: FlaskClient, session: Session, hook: str, boss: Staff, heard: list[dict[str, Any]]
) -> None:
    boss.phone = "+380501234567"
    sent = {"from": "+380671112233", "text": "ok", "id": "m1"}
    assert client.post(f"{hook}/incoming", data=sent).status_code == 200
    make_user(session, phone="0501234567")
    client.post(f"{hook}/incoming", data={**sent, "from": "+380501234567"})
    client.post(f"{hook}/incoming", data={"from": "", "text": ""})
    assert heard == []


@pytest.fixture
def limited(place: Place) -> Iterator[Flask]:
    """An application of its own with limits."""
    on = {"AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True}
    application = create_app(place.settings(place.new_database("sqlite"), **on))
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


def test_guessing_ends_soon(limited: Flask) -> None:
    guesser = limited.test_client()
    statuses = {guesser.get("/hooks/sms/guess/receipt").status_code for _time in range(32)}
    assert statuses == {404, 429}
