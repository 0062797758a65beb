"""Signing in, out, and failing to: the journal, the language, and live news that stop."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.events import Kind
from app.notify import popup
from models import JournalEntry, Staff
from tests.support.factories import make_user
from tests.support.signing import sign_in

PASSWORD = "correct horse"


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password, who reads Ukrainian."""
    person = make_user(session, "olena", locale="uk")
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.flush()
    return person


def entries(session: Session, kind: Kind) -> list[JournalEntry]:
    """The journal's entries of a kind."""
    return list(session.scalars(select(JournalEntry).where(JournalEntry.kind == kind)))


def test_person_signs_in_and_is_journalled_in_his_language(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    client.post("/settings/language", data={"locale": "en"})
    answer = client.post("/login/", data={"username": "olena", "password": PASSWORD})
    assert answer.status_code == 302
    (entry,) = entries(session, Kind.SIGNED_IN)
    assert (entry.actor_id, entry.address, entry.new) == (person.id, "127.0.0.1", {"api": False})
    assert '<html lang="uk"' in client.get("/").text


@pytest.mark.parametrize("login", ["olena", "nobody", "x" * 300])
def test_failed_sign_in_is_journalled_without_the_password(
    client: FlaskClient, session: Session, person: Staff, login: str
) -> None:
    assert client.post("/login/", data={"username": login, "password": "wrong"}).status_code == 401
    (entry,) = entries(session, Kind.SIGN_IN_FAILED)
    assert entry.actor_id is None
    assert entry.new == {"login": login[:64], "address": "127.0.0.1", "api": False}
    assert entries(session, Kind.SIGNED_IN) == []


def test_person_signs_out_and_his_pages_must_prove_who_they_are(
    client: FlaskClient, session: Session, person: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(popup, "reconnect", asked.append)
    answer = sign_in(client, person).post("/logout/")
    assert answer.status_code == 302
    (entry,) = entries(session, Kind.SIGNED_OUT)
    assert entry.actor_id == person.id
    assert asked == [person.id]
    assert client.get("/").status_code == 302


def test_sign_in_by_the_api_is_journalled_as_such(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    body = {"username": "olena", "password": PASSWORD, "provider": "db"}
    assert client.post("/api/v1/security/login", json=body).status_code == 200
    assert [entry.new for entry in entries(session, Kind.SIGNED_IN)] == [{"api": True}]
