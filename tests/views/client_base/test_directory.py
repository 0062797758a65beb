"""The directory: set and read by administrators alone; its password is never seen again."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.directory_source import find_source, next_reading, settings_of
from models import DirectorySource, ImportRun, JournalEntry, RunKind, RunStage, Staff, utcnow
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in
from tests.support.uploads import asked_jobs

PAGE = "/client-base/directory"
SECRET = "S3cret-of-the-reader"
GOOD = {
    "host": "dc1.corp.example",
    "security": "starttls",
    "port": "",
    "user": "reader@corp.example",
    "base": "DC=corp,DC=example",
    "attribute_phones": "telephoneNumber, pager",
    "unit_from_ou": "1",
    "is_on": "1",
    "hour": "4",
    "brake_percent": "15",
    "version": "0",
}


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in administrator."""
    person = make_user(session, "boss", administrator=True)
    sign_in(client, person)
    return person


def save(client: FlaskClient, **values: str) -> Any:
    return client.post(PAGE, data={**GOOD, "password": SECRET, **values})


# ------------------------------------------------------------------------------- the settings


def test_administrator_saves_the_settings_and_sees_them_again(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    first = client.get(PAGE).text
    assert "Nothing has been read yet." in first
    assert "Sync now" not in first
    answer = save(client)
    assert (answer.status_code, answer.location) == (303, PAGE)
    source = find_source(session)
    settings = settings_of(source)
    assert (settings.host, settings.real_port, settings.password) == ("dc1.corp.example", 389, SECRET)
    assert settings.attributes == {"phones": "telephoneNumber, pager"}
    assert (settings.unit_from_ou, settings.use_dirsync, settings.page_size) == (True, False, 500)
    assert (source.is_on, source.hour, source.brake_percent, source.version) == (True, 4, 15, 1)
    with count_queries() as sent:
        page = client.get(PAGE).text
    assert len(sent) <= 9, str(sent)
    assert 'value="telephoneNumber, pager"' in page
    assert 'id="security-starttls" value="starttls" checked' in page
    assert 'name="version" value="1"' in page
    assert "The first reading is planned for" in page
    assert "Sync now" in page


def test_the_password_is_on_no_page_and_in_no_journal(
    client: FlaskClient, session: Session, boss: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    seen = [
        save(client).text,
        client.get(PAGE).text,
        save(client, version="1", hour="77").text,
        save(client, version="0").text,
        client.post(f"{PAGE}/test", data={**GOOD, "password": SECRET, "base": ""}).text,
        caplog.text,
    ]
    for entry in session.scalars(select(JournalEntry)):
        seen.append(repr((entry.old, entry.new, entry.subject)))
    assert all(SECRET not in text for text in seen)
    stored = session.scalars(select(DirectorySource)).one()
    assert SECRET not in stored.sealed_password + repr(stored.settings)
    assert "It is stored; leave this empty to keep it." in seen[1]
    assert 'type="password" id="password" name="password" maxlength' in seen[1]


def test_empty_password_keeps_the_stored_one_for_the_same_account_only(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    save(client)
    assert save(client, password="", version="1", hour="5").status_code == 303
    assert settings_of(find_source(session)).password == SECRET
    answer = save(client, password="", version="2", host="evil.example")
    assert answer.status_code == 422
    assert 'href="#password"' in answer.text
    assert find_source(session).settings["host"] == "dc1.corp.example"


WRONG = [
    ("host", ""),
    ("user", " "),
    ("base", ""),
    ("security", "magic"),
    ("port", "70000"),
    ("port", "0"),
    ("port", "x"),
    ("page_size", "5"),
    ("timeout", "61"),
    ("hour", "24"),
    ("hour", ""),
    ("hour", "noon"),
    ("brake_percent", "0"),
    ("brake_percent", "101"),
    ("attribute_login", "sAM Account)Name"),
    ("attribute_phones", "mobile, ; drop"),
    ("unit_attribute", "(department)"),
    ("extra_filter", "x" * 1001),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_field_is_named_and_what_was_typed_stays(
    client: FlaskClient, session: Session, boss: Staff, name: str, value: str
) -> None:
    answer = save(client, **{name: value, "certificate_name": "kept.example"})
    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert f'id="{name}"' in answer.text
    assert f'id="{name}-error"' in answer.text
    assert 'value="kept.example"' in answer.text
    assert session.scalars(select(DirectorySource)).all() == []


def test_later_administrator_is_told_who_was_faster_and_loses_nothing(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    save(client)
    save(client, version="1", base="OU=First,DC=corp,DC=example", is_on="")
    answer = save(client, version="1", base="OU=Second,DC=corp,DC=example")
    assert answer.status_code == 409
    assert "Boss Tester" in answer.text
    assert 'value="OU=Second,DC=corp,DC=example"' in answer.text
    assert "Now stored: OU=First,DC=corp,DC=example" in answer.text
    assert "Now stored: no" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert save(client, version="2", base="OU=Second,DC=corp,DC=example").status_code == 303


# -------------------------------------------------------------------------------- reading now


def test_administrator_asks_for_a_reading(client: FlaskClient, session: Session, boss: Staff) -> None:
    refused = client.post(f"{PAGE}/sync", follow_redirects=True)
    assert "No directory is set yet" in refused.text
    save(client)
    assert client.post(f"{PAGE}/sync").location == "/client-base/runs"
    assert client.post(f"{PAGE}/sync", data={"whole": "1"}).status_code == 303
    name = "jobs.client_base.sync_now"
    assert asked_jobs() == [(name, [boss.id, False]), (name, [boss.id, True])]


def test_reading_without_redis_is_told(
    client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise RedisAway

    save(client)
    with monkeypatch.context() as patch:
        patch.setattr(Redis, "execute_command", away)
        patch.setattr("redis.client.Pipeline.execute", away)
        answer = client.post(f"{PAGE}/sync")
    assert answer.location == PAGE
    assert "The queue of background work does not answer." in client.get(PAGE).text


def test_page_shows_when_it_was_read_last_and_will_be_next(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    save(client)
    run = ImportRun(
        kind=RunKind.SYNC, stage=RunStage.APPLIED, counts={"created": 3, "unchanged": 7}, notes=[], details={}
    )
    session.add(run)
    session.flush()
    page = client.get(PAGE).text
    assert "3 new clients, 7 unchanged" in page
    assert f'href="/client-base/runs/{run.id}"' in page
    assert "Nothing has been read yet." not in page
    planned = next_reading(find_source(session), ZoneInfo("Europe/Kyiv"), utcnow())
    assert planned is not None
    assert planned.isoformat(timespec="seconds") in page


# ------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize("kind", ["coordinator", "employee"])
def test_others_than_administrators_are_refused(client: FlaskClient, session: Session, kind: str) -> None:
    places: dict[str, Any] = {f"{kind}_of": [make_department(session)]}
    sign_in(client, make_user(session, **places))
    assert client.get(PAGE).status_code == 403
    assert save(client).status_code == 403
    assert client.post(f"{PAGE}/test", data={**GOOD, "password": SECRET}).status_code == 403
    assert client.post(f"{PAGE}/sync").status_code == 403
    assert (asked_jobs(), session.scalars(select(DirectorySource)).all()) == ([], [])


def test_anonymous_is_sent_to_the_door(client: FlaskClient, session: Session) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE).status_code == 401
    assert client.post(f"{PAGE}/test").status_code == 401


def test_wrong_verbs_and_missing_tokens_are_refused(
    app: Flask, client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(f"{PAGE}/test").status_code == 405
    assert client.get(f"{PAGE}/sync").status_code == 405
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for path in ("", "/test", "/sync"):
        assert client.post(PAGE + path, data=GOOD).status_code == 400
