"""The end of a run: whoever comes second changes nothing, even if he has seen the run before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind
from app.policy import Actor
from app.services.runs import access_run, fail_run, list_runs, refuse_run, replace_interrupted, start_run
from models import ImportRun, JournalEntry, RunKind, RunStage
from tests.support.factories import actor_of, make_user


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Messages are compared as they are written in the code."""
    with force_locale("en"):
        yield


@pytest.fixture
def boss(session: Session) -> Actor:
    return actor_of(session, make_user(session, administrator=True))


def waiting_run(session: Session, kind: RunKind = RunKind.BOOK) -> ImportRun:
    run = start_run(session, kind)
    run.stage = RunStage.WAITING
    session.commit()
    return run


ENDINGS: dict[str, Callable[[Session, ImportRun, Actor], object]] = {
    "failed": lambda session, run, boss: fail_run(session, run.id, "broken", actor=boss),
    "refused": lambda session, run, boss: refuse_run(session, run.id, actor=boss),
    "replaced": lambda session, run, boss: replace_interrupted(session, RunKind.BOOK, except_id=0),
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_applied_run_is_not_ended_by_who_has_seen_it_waiting(
    session: Session, boss: Actor, ending: str
) -> None:
    run = waiting_run(session)
    assert run.stage == RunStage.WAITING  # loaded: what follows is behind this session's back
    session.execute(text("update import_run set stage = 'applied' where id = :id"), {"id": run.id})
    if ending == "refused":
        with pytest.raises(Invalid):
            ENDINGS[ending](session, run, boss)
    else:
        if ending == "failed":  # it rolls back what its caller has done
            session.commit()
        ENDINGS[ending](session, run, boss)
    assert session.scalar(text("select stage from import_run")) == "applied"
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0


def test_run_that_waits_is_ended_once_and_written_down(session: Session, boss: Actor) -> None:
    failed, refused = waiting_run(session), waiting_run(session)
    fail_run(session, failed.id, "broken", actor=boss)
    refuse_run(session, refused.id, actor=boss)
    assert (failed.stage, failed.problem, failed.finished_at is None) == ("failed", "broken", False)
    assert (refused.stage, refused.finished_at is None) == ("refused", False)
    kinds = [entry.kind for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.id))]
    assert kinds == [Kind.RUN_FAILED, Kind.RUN_REFUSED]


def test_later_run_takes_the_place_of_its_own_kind_only(session: Session, boss: Actor) -> None:
    book, sync, last = waiting_run(session), waiting_run(session, RunKind.SYNC), waiting_run(session)
    replace_interrupted(session, RunKind.BOOK, except_id=last.id)
    assert (book.stage, sync.stage, last.stage) == ("failed", "waiting", "waiting")
    assert book.problem == "A later run took its place."
    listed, _cursor = list_runs(session, actor=boss, kind=RunKind.SYNC)
    assert [run.id for run in listed] == [sync.id]
    assert access_run(session, book.id, actor=boss).finished_at is not None
