"""The settings of a channel: saved once, sealed, journalled, and never against a colleague unseen."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind
from app.notify import health
from app.notify.channels.base import Channel
from app.notify.channels.console import Console
from app.policy import Actor
from app.services.channel_settings import (
    Typed,
    is_hook_secret,
    make_hook_secret,
    plain_form,
    save_channel,
    stored_channel,
    tried_channel,
)
from app.services.channel_standing import Health, condition, standings
from models import ChannelHealth, ChannelSetting, Delivery, DeliveryStatus, JournalEntry, OutboxEvent, utcnow
from tests.support.factories import actor_of, make_user

MAIL = {"host": "mail.corp.example", "port": "587", "protection": "tls", "user": "h", "sender": "h@c.example"}


@pytest.fixture
def boss(session: Session) -> Actor:
    """An administrator."""
    return actor_of(session, make_user(session, "boss", administrator=True))


def typed(secret: str = "", *, forget: bool = False, is_on: bool = True, **values: Any) -> Typed:
    """A form of e-mail's settings."""
    gone = frozenset({"password"} if forget else ())
    return Typed({**MAIL, **values}, {"password": secret}, gone, is_on=is_on)


def save(session: Session, boss: Actor, form: Typed, version: int = 0) -> ChannelSetting:
    return save_channel(session, "email", form, version=version, actor=boss)


def password(session: Session) -> str:
    return stored_channel(session, "email").settings.text("password")


def refused(session: Session, boss: Actor, form: Typed, version: int) -> set[str]:
    with pytest.raises(Invalid) as caught:
        save(session, boss, form, version)
    return set(caught.value.fields)


def test_secret_is_sealed_kept_when_left_empty_and_in_no_journal(session: Session, boss: Actor) -> None:
    row = save(session, boss, typed("S3cret"))
    assert (row.version, row.is_on, "S3cret" in row.sealed + str(row.values)) == (1, True, False)
    save(session, boss, typed(port="25"), 1)
    assert password(session) == "S3cret"
    entries = session.scalars(
        select(JournalEntry).where(JournalEntry.kind == Kind.CHANNEL_EDITED).order_by(JournalEntry.id)
    ).all()
    assert entries[0].new["password"] == "changed"
    assert (entries[1].old, entries[1].new) == ({"port": 587}, {"port": 25})
    assert not any("S3cret" in str((one.old, one.new)) for one in entries)
    assert "password" not in plain_form(stored_channel(session, "email"))


@pytest.mark.parametrize(
    ("name", "value"), [("host", "other.example"), ("user", "x"), ("protection", "none")]
)
def test_another_server_does_not_get_the_old_password(
    session: Session, boss: Actor, name: str, value: str
) -> None:
    save(session, boss, typed("S3cret"))
    other: dict[str, Any] = {name: value}
    assert refused(session, boss, typed(**other), 1) == {"password"}
    save(session, boss, typed("new", **other), 1)
    assert password(session) == "new"
    save(session, boss, typed(forget=True), 2)
    assert password(session) == ""


def test_who_saw_an_older_version_changes_nothing(session: Session, boss: Actor) -> None:
    save(session, boss, typed())
    with pytest.raises(Conflict):
        save(session, boss, typed(port="26"), 0)
    assert stored_channel(session, "email").settings.number("port") == 587


def test_channel_is_not_switched_on_without_what_it_needs(session: Session, boss: Actor) -> None:
    assert refused(session, boss, typed(host="", sender=""), 0) == {"host", "sender"}
    save(session, boss, typed(host="", sender="", is_on=False))
    assert stored_channel(session, "email").is_on is False


def test_employee_saves_nothing_and_unknown_channels_are_not_there(session: Session, boss: Actor) -> None:
    other = actor_of(session, make_user(session))
    with pytest.raises(Forbidden):
        save(session, other, typed())
    with pytest.raises(Forbidden):
        make_hook_secret(session, actor=other)
    with pytest.raises(NotFound):
        stored_channel(session, "pigeon")


def test_environment_counts_until_something_is_saved(
    app: Flask, session: Session, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"host": "env.example", "port": 25, "user": "h", "password": "of-env", "protection": "tls"}
    monkeypatch.setitem(app.config, "MAIL_SERVER", {**server, "ca_file": ""})
    monkeypatch.setitem(app.config, "MAIL_FROM", "env@c.example")
    stored = stored_channel(session, "email")
    assert (stored.is_of_environment, stored.is_on, stored.version) == (True, True, 0)
    save(session, boss, typed(host="env.example", port="26"))
    stored = stored_channel(session, "email")
    assert (stored.is_of_environment, stored.settings.number("port"), password(session)) == (
        False,
        26,
        "of-env",
    )


def test_other_secret_key_is_told_and_saving_anew_heals_it(
    app: Flask, session: Session, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(session, boss, typed("S3cret"))
    with monkeypatch.context() as other:
        other.setitem(app.config, "SECRET_KEY", "another")
        assert stored_channel(session, "email").is_unreadable
        save(session, boss, typed("anew"), 1)
        assert (stored_channel(session, "email").is_unreadable, password(session)) == (False, "anew")


def test_console_switch_gives_the_twin(session: Session, boss: Actor) -> None:
    def opened() -> Channel:
        return tried_channel(session, "email")

    save(session, boss, typed())
    assert not isinstance(opened(), Console)
    save(session, boss, Typed(MAIL, {}, is_console=True), 1)
    assert isinstance(opened(), Console)


def test_new_settings_end_the_rest(session: Session, boss: Actor) -> None:
    for _time in range(4):
        health.has_failed(session, "email", "unreachable")
    assert health.resting_until(session, "email")
    save(session, boss, typed())
    assert health.resting_until(session, "email") is None


def test_address_of_the_gateway_is_secret_and_the_newest_alone_holds(session: Session, boss: Actor) -> None:
    assert is_hook_secret(session, "") is False
    with pytest.raises(Invalid):
        make_hook_secret(session, actor=boss)
    form = Typed({"way": "http", "region": "UA", "method": "POST", "body": "form"}, {"token": "T"})
    save_channel(session, "sms", form, version=0, actor=boss)
    first, second = (make_hook_secret(session, actor=boss) for _time in range(2))
    assert [is_hook_secret(session, one) for one in (first, second, "", second[:-1])] == [
        False,
        True,
        False,
        False,
    ]
    save_channel(session, "sms", form, version=3, actor=boss)
    assert is_hook_secret(session, second)
    assert stored_channel(session, "sms").settings.text("token") == "T"


def test_standings_tell_health_and_counts(session: Session, boss: Actor) -> None:
    session.add(ChannelHealth(channel="sms", worked_at=utcnow(), failures=0, error=""))
    for _time in range(2):
        health.has_failed(session, "email", "unreachable")
    entry = JournalEntry(kind="x", old={}, new={}, subject="", address="")
    session.add(entry)
    session.flush()
    event = OutboxEvent(journal_id=entry.id)
    session.add(event)
    session.flush()
    facts: list[dict[str, Any]] = [
        {"channel": "own:5", "status": DeliveryStatus.SENT, "sent_at": utcnow()},
        {"channel": "own:6", "status": DeliveryStatus.WAITING},
        {"channel": "email", "status": DeliveryStatus.DEAD},
        {"channel": "popup", "status": DeliveryStatus.WAITING},
    ]
    for number, one in enumerate(facts):
        session.add(Delivery(event_id=event.id, user_id=boss.id, key=f"k{number}", due_at=utcnow(), **one))
    session.flush()
    found = {one.name: one for one in standings(session)}
    assert (found["own"].today, found["own"].waiting, found["email"].dead, found["sms"].dead) == (1, 1, 1, 0)
    assert found["email"].health is Health.FAILING
    assert found["sms"].health is Health.WORKS
    assert found["push"].health is Health.NEVER
    health.has_failed(session, "email", "unreachable")
    assert condition(session.get(ChannelHealth, "email"))[0] is Health.RESTING
