"""How each channel fares, and its rest when it fails again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import ChannelHealth, utcnow

PATIENCE = 3  # failures in a row before the channel rests
SHORTEST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=2)


def resting_until(session: Session, channel: str) -> datetime | None:
    """Until when nothing is tried over the channel; None: it is tried."""
    row = session.get(ChannelHealth, channel, populate_existing=True)
    until = row.resting_until if row else None
    return until if until and until > utcnow() else None


def has_worked(session: Session, channel: str) -> None:
    """A message went, or the provider answered a check. Writes within the caller's transaction."""
    row = _row(session, channel)
    row.worked_at, row.failing_since, row.failures, row.resting_until = utcnow(), None, 0, None


def has_failed(session: Session, channel: str, error: str) -> None:
    """Nobody's messages go. After :data:`PATIENCE` times the channel rests, each time longer."""
    row, now = _row(session, channel), utcnow()
    row.failed_at, row.error = now, error[:300]
    row.failing_since = row.failing_since or now
    row.failures += 1
    if row.failures >= PATIENCE:
        turn = min(row.failures - PATIENCE, 10)
        row.resting_until = now + min(SHORTEST_REST * 2**turn, LONGEST_REST)


def begin_anew(session: Session, channel: str) -> None:
    """Its settings are others now: what failed before says nothing, and it is tried at once."""
    row = session.get(ChannelHealth, channel)
    if row is not None:
        row.failing_since, row.failures, row.resting_until = None, 0, None


def _row(session: Session, channel: str) -> ChannelHealth:
    row = session.get(ChannelHealth, channel)
    if row is None:
        try:
            with session.begin_nested():
                row = ChannelHealth(channel=channel, failures=0, error="")
                session.add(row)
        except IntegrityError:  # somebody else has just made it
            row = session.get_one(ChannelHealth, channel)
    return row
