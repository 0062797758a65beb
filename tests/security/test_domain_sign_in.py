"""Signing in with a real Active Directory: who gets in, who does not, and what a broken directory breaks."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.extensions import redis
from app.services import domain_sign_in
from models import JournalEntry, SignInWay, Staff
from tests.support.authority import Authority
from tests.support.broken_proxy import broken_proxy
from tests.support.domain import (
    PASSWORD,
    DomainPerson,
    by_api,
    by_form,
    make_domain_user,
    new_person,
    set_directory,
    statuses,
)
from tests.support.factories import make_user
from tests.support.samba import Samba
from tests.support.signing import sign_in

IN, OUT, DOWN = (302, 200), (401, 401), (503, 503)
LOCAL = "local password 1"
SILENT = "The directory does not answer"
WRONG = "The login or the password is wrong"
one_database = pytest.mark.database("sqlite", reason="the directory's faults are the same for both")


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


def with_local_password(session: Session, user: Staff) -> Staff:
    """Somebody who has one."""
    user.password = generate_password_hash(LOCAL, method="pbkdf2:sha256:1000")
    session.commit()
    return user


def test_domain_user_signs_in_with_his_domain_password_alone(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    with_local_password(session, user)
    assert statuses(client, person.login, PASSWORD) == IN
    assert statuses(client, person.login, "wrong") == OUT
    assert statuses(client, person.login, LOCAL) == OUT
    assert user.directory_guid == samba.guid(person.dn)
    assert user.login_count == 2
    by_form(client, person.login, PASSWORD)
    assert client.get("/tickets/inbox").status_code == 200


@pytest.mark.parametrize("pattern", ["FIRM\\{}", "{}@firm.test", "{}@FIRM.TEST", " {} "])
@one_database
def test_login_may_be_written_as_windows_does(
    client: FlaskClient, user: Staff, person: DomainPerson, pattern: str
) -> None:
    assert statuses(client, pattern.format(person.login), PASSWORD) == IN
    assert statuses(client, pattern.format(person.login.upper()), PASSWORD) == IN


@pytest.mark.parametrize("password", ["", " ", "\0", f"{PASSWORD}\0", "\ud800"])
def test_m11_empty_or_cut_password_never_gets_in(
    client: FlaskClient, user: Staff, person: DomainPerson, password: str
) -> None:
    if "\ud800" not in password:
        assert by_form(client, person.login, password).status_code in (200, 401)
    assert by_api(client, person.login, password).status_code in (400, 401)
    assert client.get("/tickets/inbox").status_code == 302


@pytest.mark.parametrize("login", ["*", "*)(uid=*", "{}*", "*{}", "{})(|(cn=*", "{}\\2a", "", "@", "\\"])
def test_m11_login_is_never_a_pattern(
    client: FlaskClient, user: Staff, person: DomainPerson, login: str
) -> None:
    typed = login.format(person.login)
    assert by_form(client, typed, PASSWORD).status_code in (200, 401)
    assert by_api(client, typed, PASSWORD).status_code in (400, 401)
    assert client.get("/tickets/inbox").status_code == 302


def test_account_disabled_or_expired_in_the_directory_is_the_general_answer(
    client: FlaskClient, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    samba.disable(person.dn)
    assert statuses(client, person.login, PASSWORD) == OUT
    assert WRONG in by_form(client, person.login, PASSWORD).text
    samba.change(person.dn, userAccountControl="512", accountExpires="1")
    assert statuses(client, person.login, PASSWORD) == OUT
    assert WRONG in by_form(client, person.login, PASSWORD).text
    samba.change(person.dn, accountExpires="0")
    assert statuses(client, person.login, PASSWORD) == IN


def test_who_must_change_his_password_learns_it_if_it_was_right(
    client: FlaskClient, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    samba.change(person.dn, pwdLastSet="0")
    assert statuses(client, person.login, PASSWORD) == OUT
    assert "must change" in by_form(client, person.login, PASSWORD).text
    assert "must change" in by_api(client, person.login, PASSWORD).json["message"]
    assert "must change" not in by_form(client, person.login, "wrong").text
    assert "must change" not in by_api(client, person.login, "wrong").text


def test_disabled_here_and_unknown_here_are_the_same_as_wrong(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    stranger = new_person(samba)
    wrong = by_api(client, person.login, "wrong").json
    for login in (stranger.login, f"nobody{uuid.uuid4().hex}"):
        assert statuses(client, login, PASSWORD) == OUT
        assert by_api(client, login, PASSWORD).json == wrong
    user.active = False
    session.commit()
    assert statuses(client, person.login, PASSWORD) == OUT
    assert by_api(client, person.login, PASSWORD).json == wrong
    assert session.scalars(select(Staff).where(Staff.username == stranger.login)).first() is None


def test_renamed_person_stays_the_same_person(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    assert statuses(client, person.login, PASSWORD) == IN
    new = f"n{uuid.uuid4().hex[:10]}"
    samba.change(person.dn, sAMAccountName=new)
    assert statuses(client, new, PASSWORD) == IN
    session.refresh(user)
    assert user.username == new
    kinds = [row.new for row in session.scalars(select(JournalEntry)) if row.subject == f"user {user.id}"]
    assert {"username": new} in kinds
    assert statuses(client, person.login, PASSWORD) == OUT


def test_login_given_to_somebody_else_opens_nothing_of_the_former_one(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    assert statuses(client, person.login, PASSWORD) == IN
    heir = new_person(samba, "Інша Людина")
    new = f"o{uuid.uuid4().hex[:10]}"
    samba.change(person.dn, sAMAccountName=new, userPrincipalName=f"{new}@firm.test")
    samba.change(heir.dn, sAMAccountName=person.login)
    assert statuses(client, person.login, PASSWORD) == OUT
    assert user.directory_guid == samba.guid(person.dn)


def test_local_account_beside_one_of_the_directory_has_its_own_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    user = with_local_password(session, make_user(session, person.login))
    assert statuses(client, person.login, PASSWORD) == OUT
    assert statuses(client, person.login, LOCAL) == IN
    assert user.directory_guid is None


def test_administrator_of_the_domain_keeps_a_local_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    boss = with_local_password(session, make_domain_user(session, person, administrator=True))
    assert statuses(client, person.login, PASSWORD) == IN
    assert statuses(client, person.login, LOCAL) == IN
    assert statuses(client, person.login, "wrong") == OUT
    boss.active = False
    session.commit()
    assert statuses(client, person.login, LOCAL) == OUT
    assert statuses(client, person.login, PASSWORD) == OUT


def test_without_a_directory_domain_users_are_refused_and_locals_go_on(
    client: FlaskClient, session: Session, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    with_local_password(session, make_user(session, "olena"))
    assert statuses(client, person.login, PASSWORD) == OUT
    assert statuses(client, "olena", LOCAL) == IN


@one_database
@pytest.mark.parametrize("way", ["down", "hanging", "http", "cut"])
def test_broken_directory_says_so_within_six_seconds_and_everybody_else_goes_on(
    app: Flask,
    client: FlaskClient,
    session: Session,
    samba: Samba,
    person: DomainPerson,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_DIRECTORY_SECONDS", 5.0)
    inside = app.test_client()
    boss = with_local_password(session, make_domain_user(session, person, administrator=True))
    make_user(session, "domain.user", sign_in_way=SignInWay.DOMAIN)
    with broken_proxy(samba.address, 636) as proxy:
        set_directory(session, samba.behind(proxy))
        sign_in(inside, boss)
        {"down": proxy.down, "http": proxy.speak_http}.get(way, lambda: None)()
        proxy.is_hanging = way == "hanging"
        if way == "cut":
            assert statuses(client, person.login, PASSWORD) == IN
            # four conversations: in the middle of each of the two that look the person up
            proxy.cut_after = proxy.passed // 5
        for login in (person.login, "domain.user", "nobody"):
            redis().flushdb()  # each is the first to notice
            began = time.monotonic()
            answer = by_form(client, login, PASSWORD)
            assert time.monotonic() - began < 6, login
            assert answer.status_code == 503
            assert SILENT in answer.text
        answer = by_api(client, "nobody", PASSWORD)
        assert (answer.status_code, SILENT in answer.json["message"]) == (503, True)
        assert inside.get("/tickets/inbox").status_code == 200
        began = time.monotonic()
        assert statuses(client, person.login, LOCAL) == IN
        assert time.monotonic() - began < 3


@one_database
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


@one_database
def test_certificate_that_is_not_trusted_gets_no_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson, tmp_path: Path
) -> None:
    make_domain_user(session, person)
    set_directory(session, samba.settings(ca_pem=Authority(tmp_path, "Another").pem))
    assert statuses(client, person.login, PASSWORD) == DOWN


@one_database
def test_wrong_password_of_the_reading_account_is_the_directorys_fault(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    set_directory(session, replace(samba.settings(), password="changed meanwhile"))
    assert statuses(client, person.login, PASSWORD) == DOWN
    assert redis().exists(domain_sign_in._REST)


@one_database
def test_secret_key_that_changed_refuses_without_a_crash(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    set_directory(session, samba.settings()).sealed_password = "sealed with another key"
    session.commit()
    assert statuses(client, person.login, PASSWORD)[1] in (401, 503)


@one_database
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
