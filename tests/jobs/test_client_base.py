"""The client base's jobs: the nightly sync at its hour, approved runs, doubles; killed ones leave nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db, queue
from app.services.directory_source import save_source
from app.services.doubles import list_doubles
from import_tools.book_import import open_book_run
from import_tools.joining import Mode
from jobs import client_base
from jobs.client_base import approve_run, find_doubles, read_book_run, sync_by_night
from models import Client, ClientClaim, ImportRun, RunChange, RunStage
from tests.support.broken_proxy import broken_proxy
from tests.support.factories import actor_of, make_client, make_user
from tests.support.people_ldif import Person
from tests.support.samba import NAME, PASSWORD, Samba

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 300


@pytest.fixture
def ou(samba: Samba) -> str:
    """A unit with one person."""
    found = samba.new_ou()
    samba.add_person(found, Person(uuid4().hex[:18], "Осипенко Іван"))
    return found


def set_directory(session: Session, samba: Samba, base: str, *, is_on: bool = True, **more: Any) -> int:
    """The settings as an administrator saves them; returns his id."""
    boss = make_user(session, administrator=True)
    settings = samba.settings(base=base)
    values = {"host": settings.host, "user": settings.user, "base": base, "ca_pem": settings.ca_pem, **more}
    save_source(
        session,
        values,
        password=PASSWORD,
        is_on=is_on,
        hour=3,
        brake_percent=10,
        version=0,
        actor=actor_of(session, boss),
    )
    session.commit()
    return int(boss.id)


def at_hour(monkeypatch: pytest.MonkeyPatch, hour: int) -> None:
    """Let it be that hour in the organisation's time zone."""
    monkeypatch.setattr(client_base, "local_hour", lambda: hour)


def test_nightly_sync_runs_once_at_its_hour_and_only_when_it_is_on(
    session: Session, samba: Samba, ou: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_directory(session, samba, ou)
    at_hour(monkeypatch, 4)
    assert sync_by_night("2026-11-24T02") == ""
    at_hour(monkeypatch, 3)
    assert sync_by_night("2026-11-24T01") == RunStage.APPLIED
    assert sync_by_night("2026-11-24T01") == ""  # the second scheduler's job of the same turn
    assert session.scalar(select(func.count()).select_from(Client)) == 1
    (run,) = session.scalars(select(ImportRun))
    assert (run.stage, run.actor_id) == (RunStage.APPLIED, None)


def test_nightly_sync_sleeps_while_it_is_off_or_nothing_is_set(
    session: Session, samba: Samba, ou: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hour(monkeypatch, 3)
    assert sync_by_night("2026-11-24T01") == ""
    set_directory(session, samba, ou, is_on=False)
    assert sync_by_night("2026-11-24T01") == ""
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_person_is_asked_and_says_yes(session: Session, tmp_path: Path) -> None:
    boss = make_user(session, administrator=True)
    client = make_client(session, "Осипенко Іван Сергійович")
    path = tmp_path / "book.csv"
    path.write_text("ПІБ;Телефон\nОсипенко Іван Сергійович;20-70\n")
    with unit_of_work(session):
        run = open_book_run(
            session,
            path,
            name="book.csv",
            mode=Mode.BALANCED,
            keep_missing=False,
            actor=actor_of(session, boss),
        )
    assert read_book_run(run.id, boss.id) == RunStage.WAITING
    assert read_book_run(run.id, boss.id) == RunStage.WAITING  # the job came twice
    assert approve_run(run.id, boss.id) == RunStage.APPLIED
    assert approve_run(run.id, boss.id) == RunStage.APPLIED
    session.expire_all()
    assert [phone.number for phone in client.phones] == ["20-70"]
    assert len(session.scalars(select(RunChange)).all()) == 1


def test_doubles_are_found_by_night(session: Session) -> None:
    boss = actor_of(session, make_user(session, administrator=True))
    one = make_client(session, "Осипенко Іван Сергійович", login="i.osypenko")
    other = make_client(session, "Осипенко И. С.")
    make_client(session, "Мовчун Тарас Ігорович")
    session.commit()
    assert find_doubles("2026-11-24") == 1
    (pair,) = list_doubles(session, actor=boss)
    assert {pair.client_id, pair.other_id} == {one.id, other.id}
    assert pair.evidence


def test_jobs_go_through_the_queue(session: Session, work_off: Callable[[], bool]) -> None:
    boss = make_user(session, administrator=True)
    session.commit()
    job = queue("low").enqueue("jobs.client_base.sync_now", boss.id, True)
    work_off()
    # there is no directory: the refusal is told in the run or by the job, never as a crash of the worker
    assert job.get_status(refresh=True) in {"finished", "failed"}


# ------------------------------------------------------------------------------- killed


def console(app: Flask, *arguments: str) -> subprocess.Popen[str]:
    """``flask clients …`` in a process of its own on the application's database."""
    environment = {
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": app.config["REDIS_URL"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "clients", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_step(process: subprocess.Popen[str], *steps: str, seconds: float = 60) -> None:
    """Until the last run has got as far as one of these steps."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        db.session.rollback()
        if db.session.scalar(select(ImportRun.step).order_by(ImportRun.id.desc()).limit(1)) in steps:
            return
        if process.poll() is not None:
            break
        time.sleep(0.005)
    process.kill()
    raise AssertionError(f"the run never came to {steps}: {process.communicate()[0]}")


def numbers() -> tuple[int, int, int]:
    """How many clients, claims and changes there are."""
    db.session.rollback()
    tables = (Client, ClientClaim, RunChange)
    return tuple(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)  # type: ignore[return-value]  # three tables


@pytest.mark.timeout(240)
@pytest.mark.parametrize("moment", ["reading", "comparing", "later"])
def test_killed_sync_and_its_rerun_end_as_one_clean_run(live_app: Flask, samba: Samba, moment: str) -> None:
    top = samba.new_ou()
    prefix = f"k{random.randrange(10**6)}"
    samba.load([Person(f"{prefix}{n}", f"Працівник {n}") for n in range(PEOPLE)], top)
    with broken_proxy(samba.address, 636) as proxy:
        set_directory(
            db.session(),
            samba,
            top,
            host="127.0.0.1",
            port=proxy.own_port,
            certificate_name=NAME,
            page_size=10,
        )
        process = console(live_app, "sync-ad", "--apply")
        wait_for_step(process, "reading" if moment == "reading" else "comparing", "writing")
        if moment == "later":
            time.sleep(random.uniform(0.05, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert numbers()[0] in {0, PEOPLE}  # nothing or everything
        again = console(live_app, "sync-ad", "--apply")
        output, _errors = again.communicate(timeout=120)
        assert again.returncode == 0, output
    assert numbers() == (PEOPLE, PEOPLE, PEOPLE)
    db.session.rollback()
    stages = db.session.scalars(select(ImportRun.stage).order_by(ImportRun.id)).all()
    assert stages[-1] == RunStage.APPLIED
    assert RunStage.RUNNING not in stages


@pytest.mark.database(
    "postgres", reason="a lock on one table holds the writer in the middle of its transaction"
)
def test_sync_killed_in_the_middle_of_writing_has_written_nothing(live_app: Flask, samba: Samba) -> None:
    top = samba.new_ou()
    prefix = f"w{random.randrange(10**6)}"
    samba.load([Person(f"{prefix}{n}", f"Працівник {n}") for n in range(50)], top)
    set_directory(db.session(), samba, top)
    with db.engine.connect() as holder:
        holder.execute(text("lock table run_change in exclusive mode"))
        process = console(live_app, "sync-ad", "--apply")
        deadline = time.monotonic() + 60
        waiting = text(
            "select count(*) from pg_locks where relation = 'run_change'::regclass and not granted"
        )
        with db.engine.connect() as watcher:
            while not watcher.execute(waiting).scalar():
                watcher.rollback()
                assert time.monotonic() < deadline, "the writer never came so far"
                time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        holder.rollback()
    assert numbers() == (0, 0, 0)
    again = console(live_app, "sync-ad", "--apply")
    output, _errors = again.communicate(timeout=60)
    assert again.returncode == 0, output
    assert numbers() == (50, 50, 50)
