"""Uploads and decisions at the same moment, with real commits, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.extensions import db
from app.policy import load_actor
from app.services.runs import refuse_run
from import_tools.joining import Mode
from import_tools.uploads import open_upload
from jobs.client_base import approve_run, read_book_run
from models import ClientPhone, ImportRun, RunStage
from tests.support.factories import make_client, make_user

pytestmark = pytest.mark.timeout(120)
BOOK = "ПІБ;Телефон\nТкаченко Оксана Іванівна;2-34\n"


def at_once(app: Flask, deeds: list[Callable[[Session], object]]) -> list[object]:
    """Each deed in a thread and session of its own: what it gave, or the refusal."""
    together = threading.Barrier(len(deeds))

    def run(deed: Callable[[Session], object]) -> object:
        with app.app_context():
            together.wait(timeout=60)
            try:
                return deed(db.session())
            except (Conflict, Invalid) as error:
                return type(error)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.fixture
def boss(live_app: Flask) -> int:
    """The number of an administrator; and the client of the book."""
    make_client(db.session(), "Ткаченко Оксана Іванівна")
    number = make_user(db.session(), administrator=True).id
    db.session.commit()
    return int(number)


def upload(session: Session, path: Path, boss: int) -> int:
    actor = load_actor(session, boss)
    with unit_of_work(session):
        run: ImportRun = open_upload(
            session, path, name=path.name, mode=Mode.BALANCED, keep_missing=False, actor=actor
        )
        return int(run.id)


def test_of_uploads_at_the_same_moment_one_is_read(live_app: Flask, boss: int, tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(BOOK)
    answers = at_once(live_app, [lambda session: upload(session, path, boss)] * 8)
    assert answers.count(Conflict) == 7
    running = select(func.count()).select_from(ImportRun).where(ImportRun.stage == RunStage.RUNNING)
    assert db.session.scalar(running) == 1


def test_of_yes_and_no_at_the_same_moment_one_counts(live_app: Flask, boss: int, tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(BOOK)
    number = upload(db.session(), path, boss)
    assert read_book_run(number, boss) == RunStage.WAITING
    db.session.rollback()

    def refuse(session: Session) -> object:
        actor = load_actor(session, boss)
        with unit_of_work(session):
            return refuse_run(session, number, actor=actor).stage

    at_once(live_app, [lambda _session: approve_run(number, boss), refuse])
    db.session.rollback()
    stage = db.session.get_one(ImportRun, number).stage
    numbers = db.session.scalars(select(ClientPhone.number)).all()
    assert (stage, numbers) in [("applied", ["2-34"]), ("refused", [])]
