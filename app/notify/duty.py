"""Who is on duty for a department at a moment: the ones whom urgent news reach whatever the hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DutyShift


def on_duty(session: Session, department_id: int, now: datetime) -> frozenset[int]:
    """Ids of those on duty for the department now; empty when nobody is."""
    query = select(DutyShift.user_id).where(
        DutyShift.department_id == department_id, DutyShift.starts_at <= now, DutyShift.ends_at > now
    )
    return frozenset(session.scalars(query))
