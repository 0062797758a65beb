"""Who is on duty for a department at a moment: the ones whom urgent news reach whatever the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DutyShift

# as far ahead as the last rung of a ladder can be
HORIZON = timedelta(days=1)


@dataclass(frozen=True)
class Roster:
    """The shifts of one department around a moment: (who, from, until)."""

    shifts: Sequence[tuple[int, datetime, datetime]] = ()

    def at(self, moment: datetime) -> frozenset[int]:
        """Ids of those on duty then; empty when nobody is."""
        return frozenset(user_id for user_id, start, end in self.shifts if start <= moment < end)


def read_roster(session: Session, department_id: int | None, now: datetime) -> Roster:
    """The department's shifts from now to the last rung of a ladder that begins now."""
    if department_id is None:
        return Roster()
    query = select(DutyShift.user_id, DutyShift.starts_at, DutyShift.ends_at).where(
        DutyShift.department_id == department_id,
        DutyShift.starts_at <= now + HORIZON,
        DutyShift.ends_at > now,
    )
    return Roster([(row.user_id, row.starts_at, row.ends_at) for row in session.execute(query)])
