"""Checks and test messages: asked for on a page, done by the courier, read by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound
from app.extensions import queue, redis
from app.notify.channels.base import Permanent
from app.notify.channels.own import seal_address
from app.policy import Actor
from app.services.channel_trials import (
    ALLOWED,
    ask_address,
    ask_browser,
    ask_check,
    ask_send,
    has_courier,
    outcome_of,
    run_trial,
)
from models import ChannelHealth, ChannelSetting, OwnAddress, PushSubscription, Staff
from tests.support.channels import courier_of, do_trials, recording_channel, switch_on
from tests.support.factories import actor_of, make_user


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Messages are compared as they are written in the code."""
    with force_locale("en"):
        yield


@pytest.fixture
def person(session: Session) -> Staff:
    """An administrator with a mailbox."""
    return make_user(session, "boss", administrator=True, locale="uk")


@pytest.fixture
def boss(session: Session, person: Staff) -> Actor:
    """The same as an actor."""
    return actor_of(session, person)


def save_host(session: Session, *, is_on: bool = False) -> None:
    """E-mail over a server that is not there."""
    values = {"host": "127.0.0.1", "port": 9, "protection": "none", "sender": "h@corp.example"}
    session.merge(ChannelSetting(channel="email", is_on=is_on, values=values))
    session.commit()


def test_test_message_goes_to_the_administrator_and_the_outcome_is_his(
    app: Flask, session: Session, boss: Actor
) -> None:
    with courier_of(app, "email"), recording_channel(session, "email") as post:
        token = ask_send(session, "email", actor=boss)
        assert outcome_of(token, actor=boss).is_done is False
        assert do_trials("email") == 1
        trial = outcome_of(token, actor=boss)
        assert (trial.is_done, trial.error, trial.address) == (True, "", "boss@email")
        assert trial.provider_id == f"provider-test-{token}"
        run_trial(session, token)
    assert [(one.to, one.key) for one in post.sent] == [("boss@email", f"test-{token}")]
    assert post.sent[0].locale == "uk"
    row = session.get(ChannelHealth, "email")
    assert row is not None
    assert row.worked_at is not None
    with pytest.raises(NotFound):
        outcome_of(token, actor=actor_of(session, make_user(session)))


def test_the_provider_s_words_come_back(app: Flask, session: Session, boss: Actor) -> None:
    with courier_of(app, "email"), recording_channel(session, "email") as post:
        for answer in (Permanent("recipient refused [550]"), ValueError("nonsense with a secret")):
            post.answers.append(answer)
            token = ask_send(session, "email", actor=boss)
            do_trials("email")
            found = outcome_of(token, actor=boss).error
            assert found == ("ValueError" if isinstance(answer, ValueError) else str(answer))


def test_check_asks_the_real_server_also_while_the_channel_is_off(
    app: Flask, session: Session, boss: Actor
) -> None:
    with courier_of(app, "email"):
        with pytest.raises(Invalid, match="save it first"):
            ask_check(session, "email", actor=boss)
        save_host(session)
        token = ask_check(session, "email", actor=boss)
        do_trials("email")
        assert outcome_of(token, actor=boss).error == "ConnectionRefusedError"


def test_without_a_courier_it_is_said_at_once(
    app: Flask, session: Session, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_host(session)
    assert has_courier("email") is False
    with pytest.raises(Invalid, match="courier is not running"):
        ask_check(session, "email", actor=boss)
    with courier_of(app, "email"):
        assert (has_courier("email"), has_courier("sms")) == (True, False)

    def away(*_arguments: object, **_options: object) -> None:
        raise RedisAway

    monkeypatch.setattr(Redis, "execute_command", away)
    with pytest.raises(Invalid):
        ask_check(session, "email", actor=boss)


def test_nobody_tests_without_end_and_nobody_without_the_right(
    app: Flask, session: Session, boss: Actor
) -> None:
    other = actor_of(session, make_user(session))
    save_host(session)
    with courier_of(app, "email"):
        for _time in range(ALLOWED):
            ask_check(session, "email", actor=boss)
        with pytest.raises(Invalid, match="a lot of tests"):
            ask_check(session, "email", actor=boss)
        with pytest.raises(Forbidden):
            ask_check(session, "email", actor=other)
        with pytest.raises(NotFound):
            ask_check(session, "pigeon", actor=boss)
    assert redis().ttl(f"helpdesk:trials:{boss.id}") > 0
    assert queue("email-high").count == ALLOWED


def test_administrator_without_an_address_is_told_before(
    app: Flask, session: Session, boss: Actor, person: Staff
) -> None:
    person.email, person.phone = "", ""
    save_host(session)
    switch_on(session, "sms", url="https://sms.example/")
    switch_on(session, "push", contact="x@corp.example")
    with courier_of(app, "email", "sms", "push", "own"):
        for channel in ("email", "sms", "push", "own"):
            with pytest.raises(Invalid, match="no address"):
                ask_send(session, channel, actor=boss)


def test_own_messenger_and_browser_are_tried_by_their_owner_alone(
    app: Flask, session: Session, boss: Actor
) -> None:
    other = actor_of(session, make_user(session))
    address = OwnAddress(user_id=boss.id, name="x", sealed=seal_address("json://127.0.0.1:9/"))
    browser = PushSubscription(user_id=boss.id, endpoint="https://no.example/1", p256dh="x", auth="y")
    session.add_all([address, browser])
    session.flush()
    number, subscription = address.id, browser.id
    with courier_of(app, "own", "push"):
        for ask, row in ((ask_address, number), (ask_browser, subscription)):
            with pytest.raises(NotFound):
                ask(session, row, actor=other)
        token = ask_address(session, number, actor=boss)
        do_trials("own")
        assert outcome_of(token, actor=boss).error == "channel_off"
        switch_on(session, "own", schemes="tgram")
        token = ask_address(session, number, actor=boss)
        do_trials("own")
        assert outcome_of(token, actor=boss).error == "this kind of messenger is not allowed"
        switch_on(session, "push", contact="x@corp.example")
        token = ask_browser(session, subscription, actor=boss)
        do_trials("push")
        assert outcome_of(token, actor=boss).error == "no browser takes it any more"
