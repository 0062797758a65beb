"""The journal and the outbox: one transaction, one commit, then a poke that may be lost."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import FAN_OUT, TOLD, Kind, record, unit_of_work, wake_outbox
from app.extensions import queue
from app.policy import Actor
from models import JournalEntry, OutboxEvent, Priority, State
from tests.support.factories import make_department, make_ticket, make_user


def test_record_keeps_who_what_where_and_the_values(session: Session) -> None:
    user = make_user(session)
    actor = Actor(id=user.id, address="2001:db8::7")
    moment = datetime(2026, 11, 24, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    old = {"state": State.FREE, "priority": Priority.LOW, "taken_at": None}
    entry = record(
        session,
        Kind.REFERENCE_EDITED,
        actor=actor,
        subject="department 3",
        old=old,
        new={"state": State.IN_WORK, "priority": Priority.HIGH, "taken_at": moment},
    )
    session.commit()
    session.expire_all()
    assert (entry.kind, entry.actor_id, entry.address) == ("reference.edited", user.id, "2001:db8::7")
    assert (entry.subject, entry.ticket_id, entry.client_id) == ("department 3", None, None)
    assert entry.old == {"state": "free", "priority": 0, "taken_at": None}
    assert entry.new["state"] == "in_work"
    assert entry.new["priority"] == 2
    assert datetime.fromisoformat(entry.new["taken_at"]) == moment
    assert entry.at.tzinfo == UTC
    assert abs(datetime.now(UTC) - entry.at) < timedelta(minutes=1)


def test_system_acts_without_actor_and_address(session: Session) -> None:
    entry = record(session, Kind.SETTINGS_EDITED, actor=None)
    assert (entry.actor_id, entry.address, entry.old, entry.new) == (None, "", {}, {})


@pytest.mark.parametrize("kind", list(Kind))
def test_only_what_happens_to_tickets_and_runs_that_need_somebody_is_told(
    session: Session, kind: Kind
) -> None:
    told = kind.value.startswith("ticket.") or kind.value in {"run.stopped", "run.failed"}
    entry = record(session, kind, actor=None)
    events = session.scalars(select(OutboxEvent.journal_id)).all()
    assert events == ([entry.id] if told else [])
    assert (kind in TOLD) == told


def test_unit_of_work_commits_once_and_pokes_the_worker(session: Session) -> None:
    with unit_of_work(session):
        record(session, Kind.TICKET_CREATED, actor=None)
        record(session, Kind.SETTINGS_EDITED, actor=None)
        record(session, Kind.TICKET_TAKEN, actor=None)
        assert queue("high").count == 0, "nothing is told before the commit"
    session.rollback()
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 3
    events = list(session.scalars(select(OutboxEvent.id).order_by(OutboxEvent.id)))
    jobs = queue("high").jobs
    assert [(job.func_name, list(job.args)) for job in jobs] == [(FAN_OUT, [event]) for event in events]
    assert len(events) == 2


def test_failed_unit_of_work_leaves_nothing_and_tells_nobody(session: Session) -> None:
    def fail() -> None:
        with unit_of_work(session):
            record(session, Kind.TICKET_CREATED, actor=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0
    assert session.scalar(select(func.count()).select_from(OutboxEvent)) == 0
    with unit_of_work(session):
        record(session, Kind.SETTINGS_EDITED, actor=None)
    assert queue("high").count == 0, "the failed work's event must not be told by the next one"


def test_lost_poke_keeps_the_work(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = Redis.from_url("redis://127.0.0.1:1")
    monkeypatch.setitem(app.extensions, "redis", away)
    user, department = make_user(session), make_department(session)
    with caplog.at_level(logging.WARNING), unit_of_work(session):
        ticket = make_ticket(session, author=user, department=department)
        record(session, Kind.TICKET_CREATED, actor=None, ticket_id=ticket.id)
    away.close()
    assert session.scalars(select(OutboxEvent.fanned_out_at)).all() == [None]
    assert "1 events wait for the sweep" in caplog.text


def test_nothing_to_wake_asks_nobody(app: Flask) -> None:
    with app.app_context():
        wake_outbox([])
        assert queue("high").count == 0
