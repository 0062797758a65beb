"""A directory that is slow, down, unknown or wrongly set: told within seconds, and everybody else goes on."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.extensions import redis
from app.services import domain_sign_in
from models import SignInWay, Staff
from tests.support.authority import Authority
from tests.support.broken_proxy import black_hole, broken_proxy
from tests.support.domain import (
    LOCAL,
    PASSWORD,
    DomainPerson,
    by_api,
    by_form,
    make_domain_user,
    new_person,
    set_directory,
    statuses,
    with_local_password,
)
from tests.support.factories import make_user
from tests.support.samba import Samba
from tests.support.signing import sign_in

IN, DOWN = (302, 200), (503, 503)
SILENT = "The directory does not answer"
pytestmark = pytest.mark.database("sqlite", reason="the directory's faults are the same for both")


@pytest.fixture(autouse=True)
def english(client: FlaskClient) -> None:
    """The visitor reads English."""
    client.post("/settings/language", data={"locale": "en"})


@pytest.fixture
def person(samba: Samba) -> DomainPerson:
    """Somebody of the directory."""
    return new_person(samba)


@pytest.fixture
def user(samba: Samba, session: Session, person: DomainPerson) -> Staff:
    """Who works here, too; the directory is set."""
    set_directory(session, samba.settings())
    return make_domain_user(session, person)


@pytest.mark.parametrize("way", ["down", "hanging", "http", "cut", "black hole"])
def test_directory_slow_or_down_says_so_within_six_seconds_and_sessions_and_local_accounts_go_on(
    app: Flask,
    client: FlaskClient,
    session: Session,
    samba: Samba,
    person: DomainPerson,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    # the time of an installation where it may be needed, a short one where it surely passes in full
    seconds = 1.5 if way in {"hanging", "black hole"} else 5.0
    monkeypatch.setitem(app.config, "SIGN_IN_DIRECTORY_SECONDS", seconds)
    inside = app.test_client()
    boss = with_local_password(session, make_domain_user(session, person, administrator=True))
    make_user(session, "domain.user", sign_in_way=SignInWay.DOMAIN)
    with ExitStack() as stack, broken_proxy(samba.address, 636) as proxy:
        hole = stack.enter_context(black_hole()) if way == "black hole" else proxy.own_port
        set_directory(session, replace(samba.behind(proxy), port=hole))
        sign_in(inside, boss)
        {"down": proxy.down, "http": proxy.speak_http}.get(way, lambda: None)()
        proxy.is_hanging = way == "hanging"
        if way == "cut":
            assert statuses(client, person.login, PASSWORD) == IN
            # four conversations: in the middle of each of the two that look the person up
            proxy.cut_after = proxy.passed // 5
        for login in (person.login,) if way == "black hole" else (person.login, "domain.user", "nobody"):
            redis().flushdb()  # each is the first to notice
            began = time.monotonic()
            answer = by_form(client, login, PASSWORD)
            assert time.monotonic() - began < seconds + 1, login
            assert answer.status_code == 503
            assert SILENT in answer.text
        answer = by_api(client, "nobody", PASSWORD)
        assert (answer.status_code, SILENT in answer.json["message"]) == (503, True)
        assert inside.get("/tickets/inbox").status_code == 200
        began = time.monotonic()
        assert statuses(client, person.login, LOCAL) == IN
        assert time.monotonic() - began < 3


def test_while_the_directory_rests_nobody_waits_and_all_failures_are_alike(
    client: FlaskClient, session: Session, samba: Samba, user: Staff, person: DomainPerson
) -> None:
    with_local_password(session, make_user(session, "olena"))
    redis().set(domain_sign_in._REST, "1", ex=10)
    for login in (person.login, "olena", "nobody"):
        assert statuses(client, login, "wrong") == DOWN
    assert statuses(client, "olena", LOCAL) == IN
    redis().delete(domain_sign_in._REST)
    assert statuses(client, person.login, PASSWORD) == IN


def test_certificate_that_is_not_trusted_gets_no_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson, tmp_path: Path
) -> None:
    make_domain_user(session, person)
    set_directory(session, samba.settings(ca_pem=Authority(tmp_path, "Another").pem))
    assert statuses(client, person.login, PASSWORD) == DOWN


def test_wrong_password_of_the_reading_account_is_the_directorys_fault(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    set_directory(session, replace(samba.settings(), password="changed meanwhile"))
    assert statuses(client, person.login, PASSWORD) == DOWN
    assert redis().exists(domain_sign_in._REST)


def test_secret_key_that_changed_refuses_without_a_crash(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    set_directory(session, samba.settings()).sealed_password = "sealed with another key"
    session.commit()
    assert statuses(client, person.login, PASSWORD)[1] in (401, 503)


def test_refusal_takes_its_time_whatever_it_was(
    app: Flask,
    client: FlaskClient,
    session: Session,
    user: Staff,
    person: DomainPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_REFUSAL_SECONDS", 1.2)
    with_local_password(session, make_user(session, "olena"))
    make_user(session, "gone", active=False)
    times = {}
    for login in (person.login, "olena", "gone", "nobody"):
        began = time.monotonic()
        assert by_api(client, login, "wrong").status_code == 401
        times[login] = time.monotonic() - began
    assert min(times.values()) >= 1.2
    assert max(times.values()) < 1.2 * 1.25, times
