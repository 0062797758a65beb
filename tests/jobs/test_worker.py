"""The worker: urgent first, a context for each job, JSON only, and no job takes it down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, current_app
from rq import Queue
from rq.registry import FailedJobRegistry
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db, queue, redis
from app.services.tickets import TicketDraft, create_ticket
from jobs import outbox
from models import Delivery
from tests.support.factories import actor_of, make_client, make_department, make_user

WorkOff = Callable[[], bool]


def test_worker_tells_of_a_saved_ticket(session: Session, work_off: WorkOff) -> None:
    department = make_department(session)
    operator = make_user(session, employee_of=[make_department(session)])
    worker = make_user(session, employee_of=[department])
    draft = TicketDraft(client_id=make_client(session).id, department_id=department.id, body="It broke")
    session.commit()
    actor, worker_id = actor_of(session, operator), worker.id
    with unit_of_work(session):
        create_ticket(session, draft, actor=actor)
    assert list(session.scalars(select(Delivery.user_id))) == []
    assert work_off()
    assert worker_id in set(session.scalars(select(Delivery.user_id)))


def test_layout_worker_gives_each_job_a_context_and_a_session_of_its_own(
    app: Flask, work_off: WorkOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, Session]] = []

    def look() -> None:
        seen.append((current_app._get_current_object() is app, db.session()))  # type: ignore[attr-defined]  # a LocalProxy

    monkeypatch.setattr(outbox, "sweep_outbox", look)
    for _turn in range(2):
        queue("low").enqueue("jobs.outbox.sweep_outbox")
    work_off()
    assert [ours for ours, _session in seen] == [True, True]
    assert len({id(session) for _ours, session in seen} | {id(db.session())}) == 3


def test_worker_takes_the_urgent_queue_first(
    app: Flask, work_off: WorkOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(outbox, "poke", order.append)
    for name in ("low", "default", "high"):
        queue(name).enqueue("jobs.outbox.poke", name)
    work_off()
    assert order == ["high", "default", "low"]


def test_worker_goes_on_after_a_job_that_fails(app: Flask, work_off: WorkOff) -> None:
    broken = queue("high").enqueue("jobs.outbox.no_such_job")
    good = queue("high").enqueue("jobs.outbox.sweep_outbox")
    assert work_off()
    assert broken.get_status() == "failed"
    assert good.get_status() == "finished"


def test_m15_worker_never_opens_a_pickle(app: Flask, work_off: WorkOff, tmp_path: Path) -> None:
    trap = tmp_path / "opened"
    pickled = Queue("high", connection=redis()).enqueue(Path.touch, trap)
    assert work_off()
    assert not trap.exists()
    assert pickled.id in FailedJobRegistry("high", connection=redis())


def test_flask_worker_starts_by_itself_and_leaves_when_told_to_burst(live_app: Flask) -> None:
    settings = live_app.config
    environment = {
        "DATABASE_URL": settings["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": settings["REDIS_URL"],
        "SECRET_KEY": settings["SECRET_KEY"],
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    job = queue("default").enqueue("jobs.outbox.sweep_outbox")
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "worker", "--burst"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert job.get_status(refresh=True) == "finished"
