"""Password and API keys on the settings page, and who may change them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import ApiKey
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.events import Kind
from models import JournalEntry, Staff
from tests.support.factories import make_department, make_user
from tests.support.signing import sign_in

PASSWORD = "correct horse"
GOOD = {"old_password": PASSWORD, "new_password": "battery staple", "again": "battery staple"}


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena", employee_of=[make_department(session)])
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


def entries(session: Session, kind: Kind) -> list[JournalEntry]:
    """The journal's entries of a kind."""
    return list(session.scalars(select(JournalEntry).where(JournalEntry.kind == kind)))


def test_person_changes_the_password_and_it_is_journalled_without_it(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    answer = sign_in(client, person).post("/settings/password", data=GOOD)
    assert (answer.status_code, answer.location) == (303, "/settings/#password")
    assert check_password_hash(person.password, "battery staple")
    (entry,) = entries(session, Kind.PASSWORD_CHANGED)
    assert (entry.actor_id, entry.old, entry.new) == (person.id, {}, {})
    data = {"username": "olena", "password": "battery staple"}
    assert app.test_client().post("/login/", data=data).status_code == 302


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("old_password", {"old_password": "wrong"}),
        ("old_password", {"old_password": ""}),
        ("new_password", {"new_password": "short", "again": "short"}),
        ("new_password", {"new_password": "x" * 201, "again": "x" * 201}),
        ("new_password", {"new_password": "OLENA@corp.example", "again": "OLENA@corp.example"}),
        ("new_password", {"new_password": PASSWORD, "again": PASSWORD}),
        ("new_password", {"new_password": "with a \x00 in it", "again": "with a \x00 in it"}),
        ("again", {"again": "something else"}),
    ],
)
def test_wrong_password_change_is_refused_and_ends_nothing(
    client: FlaskClient, session: Session, person: Staff, field: str, values: dict[str, str]
) -> None:
    before = person.password
    answer = sign_in(client, person).post("/settings/password", data={**GOOD, **values})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "battery staple" not in answer.text
    assert person.password == before
    assert client.get("/settings/").status_code == 200


def test_account_of_the_directory_has_no_password_here(client: FlaskClient, session: Session) -> None:
    domain = make_user(session, "domain")
    page = sign_in(client, domain).get("/settings/").text
    assert "old_password" not in page
    assert "Change it there" in page
    assert client.post("/settings/password", data={**GOOD, "old_password": ""}).status_code == 403
    assert domain.password == ""


# ----------------------------------------------------------------------------------- keys


def make_key(client: FlaskClient, **data: str) -> Any:
    """Ask for a key on the page."""
    return client.post("/settings/keys", data={"key_name": "reports", "key_days": "90", **data})


def shown_key(page: str) -> str:
    """The key that the page shows."""
    found = re.search(r"hd_[\w-]+(?=</code>)", page)
    assert found, page
    return found.group()


def test_person_makes_uses_and_revokes_a_key_which_is_shown_once(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    made = make_key(sign_in(client, person))
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    key = shown_key(made.text)
    headers, caller = {"Authorization": f"Bearer {key}"}, app.test_client()
    me: Any = caller.get("/api/v1/me/", headers=headers).json
    assert me["id"] == person.id
    page = client.get("/settings/").text
    assert key not in page
    assert "<b>reports</b>" in page
    stored = session.scalars(select(ApiKey)).one()
    assert stored.expires_on is not None
    now = datetime.now()  # noqa: DTZ005  # FAB keeps the end of a key as a naive local moment
    assert abs(stored.expires_on - now - timedelta(days=90)) < timedelta(minutes=1)
    assert client.post(f"/settings/keys/{stored.uuid}/revoke").status_code == 303
    assert caller.get("/api/v1/me/", headers=headers).status_code == 401
    assert "<b>reports</b>" not in client.get("/settings/").text
    assert client.post(f"/settings/keys/{stored.uuid}/revoke").status_code == 404
    kinds = [entry.kind for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.id))]
    assert kinds == [Kind.API_KEY_MADE, Kind.API_KEY_REVOKED]
    assert key not in str(entries(session, Kind.API_KEY_MADE)[0].new)


def test_key_without_an_end_works_until_it_is_revoked(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert make_key(sign_in(client, person), key_days="0").status_code == 200
    assert session.scalars(select(ApiKey)).one().expires_on is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("key_name", " "), ("key_name", "x" * 101), ("key_days", "7"), ("key_days", ""), ("key_days", "-1")],
)
def test_key_that_makes_no_sense_is_not_made_and_what_was_typed_stays(
    client: FlaskClient, session: Session, person: Staff, field: str, value: str
) -> None:
    answer = make_key(sign_in(client, person), **{field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    if field == "key_days":
        assert 'value="reports"' in answer.text
    assert session.scalars(select(ApiKey)).all() == []


def test_nobody_revokes_a_strangers_key(client: FlaskClient, session: Session, person: Staff) -> None:
    make_key(sign_in(client, person))
    uuid = session.scalars(select(ApiKey.uuid)).one()
    sign_in(client, make_user(session))
    for wrong in (uuid, "none", "%00"):
        assert client.post(f"/settings/keys/{wrong}/revoke").status_code == 404
    assert session.scalars(select(ApiKey)).one().revoked_on is None


PATHS = (
    "/settings/password",
    "/settings/away",
    "/settings/sessions/1/end",
    "/settings/sessions/end-others",
    "/settings/keys",
    "/settings/keys/x/revoke",
    "/second-factor/",
    "/second-factor/codes",
    "/second-factor/off",
)


@pytest.mark.parametrize("path", PATHS)
def test_strangers_change_nothing(client: FlaskClient, session: Session, path: str) -> None:
    assert client.post(path, data=GOOD).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_cookie_alone_changes_nothing(
    app: Flask,
    client: FlaskClient,
    session: Session,
    person: Staff,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert sign_in(client, person).post(path, data=GOOD).status_code == 400
