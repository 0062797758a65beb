"""Who is away until when, and who stands in for him. It is shown and grants nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind, record
from app.policy import Actor
from app.services.rows import find_row
from models import Absence, Staff

FURTHEST = 366  # days


def today() -> date:
    """The day it is where the helpdesk stands."""
    return datetime.now(ZoneInfo(current_app.config["TIME_ZONE"])).date()


def colleagues(session: Session, *, actor: Actor) -> Sequence[Staff]:
    """Who can stand in for the person, by name."""
    query = select(Staff).where(Staff.active.is_(True), Staff.id != actor.id)
    return session.scalars(query.order_by(Staff.first_name, Staff.last_name, Staff.id)).all()


def go_away(session: Session, until: date | None, stand_in_id: int | None, *, actor: Actor) -> Absence:
    """The person is away through ``until``. Raises Invalid naming the fields."""
    wrong: dict[str, str] = {}
    if until is None or not 0 <= (until - today()).days <= FURTHEST:
        wrong["away_until"] = _("Choose a day from today to a year from now.")
    stand_in = find_row(session, Staff, stand_in_id) if stand_in_id is not None else None
    if stand_in is None or not stand_in.is_active or stand_in.id == actor.id:
        wrong["stand_in"] = _("Choose a colleague who stands in for you.")
    if wrong or until is None or stand_in is None:
        raise Invalid(fields=wrong)
    row = session.get(Absence, actor.id)
    old = _facts(row)
    row = row or Absence(user_id=actor.id)
    row.until, row.stand_in_id = until, stand_in.id
    session.add(row)
    session.flush()
    _note(session, old, _facts(row), actor)
    return row


def come_back(session: Session, *, actor: Actor) -> None:
    """The person is here again; nothing happens if he was not away."""
    row = session.get(Absence, actor.id)
    if row is not None:
        old = _facts(row)
        session.delete(row)
        session.flush()
        _note(session, old, _facts(None), actor)


def _facts(row: Absence | None) -> dict[str, object]:
    if row is None:
        return {"away_until": None, "stand_in_id": None}
    return {"away_until": row.until.isoformat(), "stand_in_id": row.stand_in_id}


def _note(session: Session, old: dict[str, object], new: dict[str, object], actor: Actor) -> None:
    if old != new:
        record(session, Kind.SETTINGS_EDITED, actor=actor, subject=f"staff {actor.id}", old=old, new=new)
