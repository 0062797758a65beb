"""The administrators' console: read by those who may, changed by nobody."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.extensions import queue, redis
from models import JournalEntry, PeriodicRun, Staff
from tests.support.factories import actor_of, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGES = ("journal/", "deliveries/", "outbox/", "runs/", "queues/")


@pytest.fixture
def administrator(session: Session) -> Staff:
    return make_user(session, administrator=True, first_name="Olena", last_name="Koval")


@pytest.fixture
def admin(client: FlaskClient, administrator: Staff) -> FlaskClient:
    return sign_in(client, administrator)


@pytest.mark.parametrize("path", ["", *PAGES])
def test_only_administrators_open_the_console(client: FlaskClient, session: Session, path: str) -> None:
    anonymous = client.get(f"/console/{path}")
    assert anonymous.status_code == 302
    assert anonymous.location.startswith("/login/?next=/console/")
    sign_in(client, make_user(session, coordinator_of=[make_department(session)]))
    assert client.get(f"/console/{path}").status_code == 403
    sign_in(client, make_user(session, administrator=True))
    assert client.get(f"/console/{path}", follow_redirects=True).status_code == 200


def test_the_right_can_be_given_to_others(client: FlaskClient, session: Session) -> None:
    right = next(r for r in session.scalars(select(PermissionView)) if str(r) == "can use on Console")
    person = make_user(session)
    person.roles.append(Role(name="Watchers", permissions=[right]))
    sign_in(client, person)
    assert client.get("/console/journal/").status_code == 200


def test_journal_shows_who_did_what_with_both_values(
    admin: FlaskClient, session: Session, administrator: Staff
) -> None:
    actor = actor_of(session, administrator)
    old, new = {"name": "Before-it"}, {"name": "<b>After-it"}
    record(session, Kind.REFERENCE_EDITED, actor=actor, subject="unit 7", old=old, new=new)
    number = session.scalars(select(JournalEntry.id)).one()
    page = admin.get("/console/journal/").text
    assert "reference.edited" in page
    assert "unit 7" in page
    details = admin.get(f"/console/journal/details/?id={number}").text
    assert "Before-it" in details
    assert "&lt;b&gt;After-it" in details


def test_runs_are_listed(admin: FlaskClient, session: Session) -> None:
    session.add(PeriodicRun(job="archive_done_tickets", slot="2026-11-24T10", outcome="7 archived"))
    assert "7 archived" in admin.get("/console/runs/").text


@pytest.mark.parametrize("path", PAGES[:-1])
@pytest.mark.parametrize("verb", ["new/", "edit/?id=1", "delete/", "action/", "export/csv/", "ajax/update/"])
def test_nothing_is_written_or_exported(admin: FlaskClient, session: Session, path: str, verb: str) -> None:
    session.add(PeriodicRun(job="kept", slot="1"))
    for method in ("GET", "POST"):
        data = {"id": "1", "rowid": "1", "action": "delete", "job": "x", "slot": "x"}
        answer = admin.open(f"/console/{path}{verb}", method=method, data=data)
        assert answer.status_code in (302, 400, 404, 405), (method, verb)
        assert answer.mimetype == "text/html"
    assert session.scalars(select(PeriodicRun.job)).all() == ["kept"]


@pytest.mark.parametrize(
    "query", ["page=-1", "page=x", "page=100000", "sort=x", "id=99999999999999999999", "search=%00"]
)
def test_nonsense_in_an_address_is_nothing_here(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/console/journal/?{query}").status_code == 404
    assert admin.get(f"/console/journal/details/?{query}").status_code in (302, 404)


def test_the_journal_is_not_counted_and_costs_the_same_however_long(
    admin: FlaskClient, session: Session, administrator: Staff
) -> None:
    actor = actor_of(session, administrator)
    for number in range(60):
        record(session, Kind.REFERENCE_EDITED, actor=actor, subject=f"unit {number}")
    admin.get("/console/journal/")
    with count_queries() as statements:
        admin.get("/console/journal/?page=1")
    assert not [text for text in statements.texts if "count(" in text.lower() and "journal_entry" in text]


def test_queues_show_what_waits(app: Flask, admin: FlaskClient) -> None:
    queue("low").enqueue("jobs.outbox.sweep_outbox")
    page = admin.get("/console/queues/").text
    assert "low" in page
    assert "<td>1</td>" in page
    assert "Nothing has failed." in page


def test_queues_say_when_redis_is_away(
    app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis import Redis

    away = Redis.from_url("redis://127.0.0.1:1")
    monkeypatch.setitem(app.extensions, "redis", away)
    assert "Redis is away" in admin.get("/console/queues/").text
    monkeypatch.undo()
    assert redis().ping()
