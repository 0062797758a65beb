"""One turn of a periodic job, once, however many schedulers and workers there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import PeriodicRun, rows_changed, utcnow

STALE_AFTER = timedelta(minutes=30)


@contextmanager
def once(session: Session, job: str, slot: str) -> Iterator[bool]:
    """Yield True to the one caller that has this turn, False to all others.

    The unique (job, slot) row is the claim. A turn that was started but not finished for half an
    hour (its worker was killed) may be taken over by one other.
    """
    mine = _claim(session, job, slot) or _take_over(session, job, slot)
    yield mine
    if mine:
        _write(session, job, slot, finished_at=utcnow())


def _claim(session: Session, job: str, slot: str) -> bool:
    try:
        session.add(PeriodicRun(job=job, slot=slot))
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def _take_over(session: Session, job: str, slot: str) -> bool:
    result = session.execute(
        update(PeriodicRun)
        .where(
            PeriodicRun.job == job,
            PeriodicRun.slot == slot,
            PeriodicRun.finished_at.is_(None),
            PeriodicRun.started_at < utcnow() - STALE_AFTER,
        )
        .values(started_at=utcnow())
    )
    session.commit()
    return bool(rows_changed(result) == 1)


def _write(session: Session, job: str, slot: str, **values: object) -> None:
    session.execute(
        update(PeriodicRun).where(PeriodicRun.job == job, PeriodicRun.slot == slot).values(**values)
    )
    session.commit()
