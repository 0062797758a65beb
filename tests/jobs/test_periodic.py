"""The table of periodic jobs and the scheduler that reads it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from croniter import croniter
from flask import Flask
from redis import Redis
from rq.cron import CronScheduler
from rq.job import Job
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.extensions import queue, redis
from jobs import scheduler as scheduler_module
from jobs.periodic import PERIODIC, Periodic
from jobs.scheduler import PeriodicJob, Scheduler
from models import PeriodicRun, State, Ticket, utcnow
from tests.support.factories import make_client, make_department, make_ticket, make_user

ARCHIVE = next(row for row in PERIODIC if row.job.__name__ == "archive_done_tickets")
SWEEP = next(row for row in PERIODIC if row.job.__name__ == "sweep_outbox")
MOMENT = datetime(2026, 11, 24, 1, 7, tzinfo=UTC)


def names(row: Periodic) -> str:
    """What pytest calls a row."""
    return row.job.__name__


@pytest.mark.parametrize("row", PERIODIC, ids=names)
def test_each_row_can_be_called_and_has_a_time(row: Periodic) -> None:
    assert croniter.is_valid(row.cron)
    inspect.signature(row.job).bind(*row.arguments(MOMENT))
    json.dumps(row.arguments(MOMENT))


@pytest.mark.parametrize("row", PERIODIC, ids=names)
def test_a_job_waits_in_the_queue_no_longer_than_until_the_next_one(row: Periodic) -> None:
    times = croniter(row.cron, MOMENT)
    first, second = times.get_next(datetime), times.get_next(datetime)
    assert timedelta(seconds=row.patience) <= second - first


def enqueue(row: Periodic, connection: Redis) -> Job:
    """One turn of a row, now."""
    return PeriodicJob(row).enqueue(connection)


def test_a_turn_is_named_by_its_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_module, "utcnow", lambda: MOMENT)
    job = enqueue(ARCHIVE, redis())
    stored = redis().hget(job.key, "data")
    assert b"2026-11-24T01" in json_of(stored)


def json_of(stored: object) -> bytes:
    """The call as rq keeps it, unpacked. It is JSON, never a pickle."""
    import zlib

    assert isinstance(stored, bytes)
    plain = zlib.decompress(stored)
    json.loads(plain)
    return plain


def test_scheduler_enqueues_what_is_due_and_nothing_else(app: Flask) -> None:
    scheduler = Scheduler(redis())
    assert scheduler.enqueue_jobs() == []
    sweep = next(job for job in scheduler.get_jobs() if job.func_name.endswith("sweep_outbox"))
    sweep.next_enqueue_time = utcnow()
    assert [job.func_name for job in scheduler.enqueue_jobs()] == ["jobs.outbox.sweep_outbox"]
    waiting = queue(SWEEP.queue).get_jobs()
    assert [(job.func_name, job.ttl, job.result_ttl) for job in waiting] == [
        ("jobs.outbox.sweep_outbox", SWEEP.patience, 0)
    ]
    assert queue(ARCHIVE.queue).count == 0
    # and the next turn is ahead
    assert sweep.next_enqueue_time > utcnow()


def test_two_schedulers_archive_once_an_hour(session: Session, work_off: Callable[[], bool]) -> None:
    department, author = make_department(session), make_user(session)
    ticket = make_ticket(
        session,
        department=department,
        author=author,
        client=make_client(session),
        state=State.DONE,
        done_by_id=author.id,
        done_at=utcnow(),
    )
    session.commit()
    long_ago = utcnow() - timedelta(days=30)
    session.execute(update(Ticket).where(Ticket.id == ticket.id).values(updated_at=long_ago))
    session.commit()
    number = ticket.id
    for _scheduler in range(2):
        enqueue(ARCHIVE, redis())
    assert work_off()
    session.expire_all()
    assert session.get_one(Ticket, number).state == State.ARCHIVED
    assert session.scalar(select(func.count()).select_from(PeriodicRun)) == 1


def test_scheduler_shows_itself_while_it_runs(app: Flask) -> None:
    scheduler = Scheduler(redis())
    scheduler.register_birth()
    (found,) = CronScheduler.all(redis())
    assert {job.func_name for job in found.get_jobs()} == {
        f"{row.job.__module__}.{row.job.__name__}" for row in PERIODIC
    }
    scheduler.register_death()
    assert CronScheduler.all(redis()) == []
