"""A person's own messengers and browsers: checked, limited, sealed, and nobody else's business."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.policy import Actor
from app.services import browsers, own_addresses
from models import JournalEntry, NotificationChoice, PushSubscription
from tests.support.channels import switch_on
from tests.support.factories import actor_of, make_user
from tests.support.push import ENDPOINT, TELEGRAM, browser_keys


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Messages are compared as they are written in the code."""
    with force_locale("en"):
        yield


@pytest.fixture
def actor(session: Session) -> Actor:
    """An employee."""
    return actor_of(session, make_user(session, "olena"))


def subscribe(session: Session, actor: Actor, endpoint: str, pair: tuple[str, str]) -> PushSubscription:
    agent = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    return browsers.add_browser(session, endpoint, *pair, agent=agent, actor=actor)


def test_messenger_is_kept_sealed_and_the_journal_knows_its_name(session: Session, actor: Actor) -> None:
    row = own_addresses.add_address(session, "My Telegram", TELEGRAM, actor=actor)
    assert "987654321" not in row.sealed
    entry = session.scalars(select(JournalEntry)).one()
    assert entry.new == {"messenger": "My Telegram"}
    own_addresses.switch_address(session, row.id, False, actor=actor)
    assert row.is_on is False
    session.add(NotificationChoice(user_id=actor.id, kind="x", channel=f"own:{row.id}", is_on=True))
    session.flush()
    own_addresses.remove_address(session, row.id, actor=actor)
    assert own_addresses.own_addresses(session, actor.id) == []
    assert session.scalars(select(NotificationChoice)).all() == []


@pytest.mark.parametrize(
    ("name", "address", "field"),
    [
        ("", TELEGRAM, "messenger_name"),
        ("x" * 61, TELEGRAM, "messenger_name"),
        ("x", "", "messenger_address"),
        ("x", "telegram", "messenger_address"),
        ("x", "tgram://", "messenger_address"),
        ("x", "tgram://nonsense", "messenger_address"),
        ("x", "json://127.0.0.1/", "messenger_address"),
        ("x", "file:///etc/passwd", "messenger_address"),
        ("x", TELEGRAM + "\n", "messenger_name"),
        ("x", "t\0gram://1", "messenger_address"),
        ("x", TELEGRAM + "x" * 1000, "messenger_address"),
    ],
)
def test_bad_messenger_is_refused_in_words(
    session: Session, actor: Actor, name: str, address: str, field: str
) -> None:
    own_addresses.add_address(session, "x", TELEGRAM, actor=actor)
    with pytest.raises(Invalid) as caught:
        own_addresses.add_address(session, name, address, actor=actor)
    assert field in caught.value.fields
    assert "987654321" not in caught.value.message


def test_five_messengers_are_kept_and_no_more(session: Session, actor: Actor) -> None:
    for number in range(5):
        own_addresses.add_address(session, str(number), TELEGRAM, actor=actor)
    with pytest.raises(Invalid):
        own_addresses.add_address(session, "6", TELEGRAM, actor=actor)


def test_messenger_of_somebody_else_is_not_there(session: Session, actor: Actor) -> None:
    row = own_addresses.add_address(session, "x", TELEGRAM, actor=actor)
    other = actor_of(session, make_user(session))
    with pytest.raises(NotFound):
        own_addresses.remove_address(session, row.id, actor=other)
    with pytest.raises(NotFound):
        own_addresses.switch_address(session, row.id, False, actor=other)


def test_examples_are_those_that_the_firm_allows(session: Session) -> None:
    names = [name for name, _text in own_addresses.allowed_examples(own_addresses.own_settings(session))]
    assert "Telegram" in names
    assert "Mattermost" not in names
    switch_on(session, "own", schemes="mmosts")
    assert [name for name, _text in own_addresses.allowed_examples(own_addresses.own_settings(session))] == [
        "Mattermost"
    ]


def test_browser_is_kept_once_and_goes_to_who_uses_it_now(session: Session, actor: Actor) -> None:
    pair = browser_keys()
    row = subscribe(session, actor, ENDPOINT, pair)
    assert row.device == "Firefox · Windows"
    assert subscribe(session, actor, ENDPOINT, pair).id == row.id
    other = actor_of(session, make_user(session))
    with pytest.raises(Invalid):
        subscribe(session, other, ENDPOINT, browser_keys())
    with pytest.raises(NotFound):
        browsers.remove_browser(session, row.id, actor=other)
    assert browsers.forget_endpoint(session, ENDPOINT, user_id=other.id) is False
    assert subscribe(session, other, ENDPOINT, pair).user_id == other.id
    assert browsers.own_browsers(session, actor.id) == []
    assert browsers.forget_endpoint(session, ENDPOINT, user_id=other.id) is True


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth"),
    [
        ("http://127.0.0.1/x", "", ""),
        ("https://evil.example/x", "", ""),
        ("", "", ""),
        (ENDPOINT + "x" * 1000, "", ""),
        (ENDPOINT, "AAAA", ""),
        (ENDPOINT, "B" * 87, ""),
        (ENDPOINT, "", "AAAA"),
        (ENDPOINT, "", "не base64"),
    ],
)
def test_browser_with_nonsense_is_refused(
    session: Session, actor: Actor, endpoint: str, p256dh: str, auth: str
) -> None:
    good = browser_keys()
    with pytest.raises(Invalid):
        subscribe(session, actor, endpoint, (p256dh or good[0], auth or good[1]))


def test_ten_browsers_are_kept_and_no_more(session: Session, actor: Actor) -> None:
    pair = browser_keys()
    for number in range(10):
        subscribe(session, actor, f"{ENDPOINT}{number}", pair)
    with pytest.raises(Invalid, match="10 browsers"):
        subscribe(session, actor, ENDPOINT, pair)
