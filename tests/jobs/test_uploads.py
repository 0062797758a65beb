"""Uploaded phone books are deleted when no run needs them; a yes waits for who writes just now."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.policy import Actor
from import_tools.book_import import apply_run
from import_tools.joining import Mode
from import_tools.uploads import open_upload
from jobs.client_base import approve_run, read_book_run, sweep_uploads
from models import Client, ClientPhone, ImportRun, RunStage, utcnow
from tests.support.factories import actor_of, make_client, make_user

BOOK = "ПІБ;Телефон\nТкаченко Оксана Іванівна;2-34\n"


@pytest.fixture
def boss(session: Session) -> Actor:
    make_client(session, "Ткаченко Оксана Іванівна")
    return actor_of(session, make_user(session, administrator=True))


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the uploads of this test are."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    (tmp_path / "imports").mkdir()
    return tmp_path / "imports"


def upload(session: Session, folder: Path, boss: Actor, name: str, *, days: float) -> ImportRun:
    """A run of a file that was sent so many days ago."""
    path = folder / name
    path.write_text(BOOK)
    then = (utcnow() - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    run = open_upload(session, path, name=name, mode=Mode.BALANCED, keep_missing=False, actor=boss)
    session.commit()
    return run


def test_sweep_deletes_old_files_of_ended_runs_and_no_others(
    session: Session, folder: Path, boss: Actor
) -> None:
    stages = {"applied": 2, "failed": 2, "refused": 2, "young": 0.5}
    for name, days in stages.items():
        run = upload(session, folder, boss, name, days=days)
        run.stage = RunStage(name) if name != "young" else RunStage.REFUSED
        session.commit()
    killed = upload(session, folder, boss, "killed", days=3)
    killed.started_at = utcnow() - timedelta(days=3)
    session.commit()
    stray = folder / "stray"
    stray.write_text("of no run")
    os.utime(stray, (1, 1))
    waiting = upload(session, folder, boss, "waiting", days=9)
    waiting.stage = RunStage.WAITING
    session.commit()
    assert sweep_uploads("2026-11-24T10") == 5
    assert {path.name for path in folder.iterdir()} == {"young", "waiting"}
    assert sweep_uploads("2026-11-24T10") == 0  # this turn is over


def test_sweep_without_a_folder_does_nothing(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path / "none")
    assert sweep_uploads("2026-11-24T11") == 0


def waiting_book(session: Session, folder: Path, boss: Actor) -> int:
    run = upload(session, folder, boss, "book.csv", days=0)
    assert read_book_run(run.id, boss.id) == RunStage.WAITING
    return run.id


def test_yes_waits_for_who_writes_just_now(
    session: Session, folder: Path, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = waiting_book(session, folder, boss)
    real, refusals = apply_run, [1, 2]

    def busy(*args: Any, **more: Any) -> ImportRun:
        if refusals:
            refusals.pop()
            raise Conflict("busy")
        return real(*args, **more)

    monkeypatch.setattr("import_tools.book_import.apply_run", busy)
    monkeypatch.setattr("jobs.client_base.PAUSE", 0)
    assert approve_run(number, boss.id) == RunStage.APPLIED
    assert session.scalars(select(ClientPhone.number)).all() == ["2-34"]
    assert session.scalars(select(Client)).one().full_name == "Ткаченко Оксана Іванівна"


def test_yes_gives_up_when_somebody_writes_without_end(
    session: Session, folder: Path, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = waiting_book(session, folder, boss)

    def busy(*_args: Any, **_more: Any) -> ImportRun:
        raise Conflict("Another import is writing now.")

    monkeypatch.setattr("import_tools.book_import.apply_run", busy)
    monkeypatch.setattr("jobs.client_base.PAUSE", 0)
    with pytest.raises(Conflict):
        approve_run(number, boss.id)
    run = session.get_one(ImportRun, number)
    assert (run.stage, run.problem) == ("failed", "Another import is writing now.")
