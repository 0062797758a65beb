"""One turn of a periodic job belongs to one caller, and to another only if that one has died."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobs.once import STALE_AFTER, once
from models import PeriodicRun, utcnow


def is_mine(session: Session, slot: str, job: str = "job") -> bool:
    """Ask for a turn and finish it."""
    with once(session, job, slot) as mine:
        return mine


def test_turn_belongs_to_the_first(session: Session) -> None:
    assert [is_mine(session, "a"), is_mine(session, "a"), is_mine(session, "b")] == [True, False, True]
    assert is_mine(session, "a", job="another job")


def test_turn_is_marked_finished(session: Session) -> None:
    with once(session, "job", "a"):
        run = session.scalars(select(PeriodicRun)).one()
        assert run.finished_at is None
    session.expire_all()
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at


@pytest.mark.parametrize(("age", "taken_over"), [(STALE_AFTER * 1.1, True), (STALE_AFTER * 0.9, False)])
def test_turn_of_a_dead_worker_is_taken_over_once(session: Session, age: timedelta, taken_over: bool) -> None:
    session.add(PeriodicRun(job="job", slot="a", started_at=utcnow() - age))
    session.commit()
    assert [is_mine(session, "a"), is_mine(session, "a")] == [taken_over, False]


def test_finished_turn_is_never_taken_over(session: Session) -> None:
    assert is_mine(session, "a")
    session.execute(update(PeriodicRun).values(started_at=utcnow() - STALE_AFTER * 5))
    session.commit()
    assert not is_mine(session, "a")


def test_failed_turn_is_not_marked_finished(session: Session) -> None:
    def fail() -> None:
        with once(session, "job", "a"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert session.scalars(select(PeriodicRun.finished_at)).all() == [None]
