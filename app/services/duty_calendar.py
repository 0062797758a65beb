"""The duty calendar: who is on duty for which department from when until when.

People write times as the clock on the helpdesk's wall shows them; the table keeps moments. A shift that is
repeated keeps its clock times over a change of the clock, so such a night is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.errors import Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, Verb, active_actors
from app.services.rows import find_row, is_id
from models import Department, DutyShift, utcnow

WEEK = timedelta(days=7)
LONGEST = timedelta(days=31)
MOST_WEEKS = 53
FURTHEST = timedelta(days=732)


@dataclass(frozen=True)
class TypedShift:
    """A shift as it was typed: clock times as ``2026-03-28T20:00``, the last day of its repeats or ""."""

    department_id: int | None = None
    user_id: int | None = None
    start: str = ""
    end: str = ""
    repeat_until: str = ""


def helpdesk_zone() -> ZoneInfo:
    """The time zone in which shifts are written."""
    return ZoneInfo(current_app.config["TIME_ZONE"])


def may_plan(actor: Actor, department_id: int) -> bool:
    """Whether he may change the department's shifts: by the right to plan there, or as administrator."""
    post = actor.posts.get(department_id)
    return actor.is_administrator or (post is not None and Verb.PLAN in post.verbs)


def departments_of(session: Session, *, actor: Actor) -> list[Department]:
    """The departments whose duty he may see: his own, or all of them. Raises Forbidden without any."""
    if not actor.is_administrator and not actor.departments:
        raise Forbidden(_("You belong to no department, so there is nothing here for you."))
    query = select(Department).where(Department.is_hidden.is_(False))
    if not actor.is_administrator:
        query = query.where(Department.id.in_(actor.departments))
    return list(session.scalars(query.order_by(Department.position, Department.name)))


def people_by_department(session: Session, departments: Iterable[Department]) -> dict[int, list[Actor]]:
    """Who can be on duty for each of them: who has a role there now, by name."""
    actors = sorted(active_actors(session), key=lambda one: (one.full_name, one.id))
    return {place.id: [one for one in actors if place.id in one.posts] for place in departments}


def shifts_between(
    session: Session, departments: Iterable[Department], start: datetime, end: datetime
) -> list[DutyShift]:
    """The shifts of these departments that touch the time between two moments, in their order."""
    query = select(DutyShift).where(
        DutyShift.department_id.in_([one.id for one in departments]),
        DutyShift.starts_at < end,
        DutyShift.ends_at > start,
    )
    loaded = query.options(joinedload(DutyShift.user)).order_by(DutyShift.starts_at, DutyShift.id)
    return list(session.scalars(loaded).unique())


def on_duty_now(session: Session, departments: Iterable[Department]) -> dict[int, list[DutyShift]]:
    """The shifts that hold at this moment, by department."""
    now = utcnow()
    found: dict[int, list[DutyShift]] = {}
    for shift in shifts_between(session, departments, now, now + timedelta(microseconds=1)):
        found.setdefault(shift.department_id, []).append(shift)
    return found


def overlapping(shifts: Sequence[DutyShift]) -> set[int]:
    """Ids of shifts during which somebody else is on duty for the same department, too."""
    found: set[int] = set()
    by_department: dict[int, list[DutyShift]] = {}
    for shift in shifts:
        for other in by_department.setdefault(shift.department_id, []):
            if other.ends_at > shift.starts_at and other.starts_at < shift.ends_at:
                found |= {other.id, shift.id}
        by_department[shift.department_id].append(shift)
    return found


def add_shifts(session: Session, typed: TypedShift, *, actor: Actor) -> list[DutyShift]:
    """Add the shift and its weekly repeats.

    Raises Forbidden, NotFound, or Invalid naming every wrong field.
    """
    department = _access_department(session, typed.department_id, actor)
    start, end, last, wrong = _times(typed)
    people = people_by_department(session, [department])[department.id]
    if typed.user_id not in {one.id for one in people}:
        wrong["user_id"] = _("Choose somebody of the department.")
    if wrong or typed.user_id is None or start is None or end is None:
        raise Invalid(fields=wrong)
    shifts: list[DutyShift] = []
    while not shifts or (last is not None and start.date() <= last):
        shifts.append(
            DutyShift(
                department_id=department.id,
                user_id=typed.user_id,
                starts_at=moment_of(start),
                ends_at=moment_of(end, is_end=True),
            )
        )
        start, end = start + WEEK, end + WEEK
    _refuse_doubles(session, shifts)
    session.add_all(shifts)
    session.flush()
    facts = {**_facts(shifts[0]), "times": len(shifts)}
    record(session, Kind.DUTY_EDITED, actor=actor, subject=f"department {department.id}", new=facts)
    return shifts


def moment_of(clock: datetime, *, is_end: bool = False) -> datetime:
    """The moment of a clock time. Of an hour that comes twice a shift begins with the first and ends with the
    second, so that one shift follows another without a gap."""
    return clock.replace(tzinfo=helpdesk_zone(), fold=int(is_end)).astimezone(UTC)


def clock_of(moment: datetime) -> datetime:
    """What the helpdesk's clock shows at a moment, without a zone."""
    return moment.astimezone(helpdesk_zone()).replace(tzinfo=None, fold=0)


def _times(typed: TypedShift) -> tuple[datetime | None, datetime | None, date | None, dict[str, str]]:
    wrong: dict[str, str] = {}
    start, end, last = _clock(typed.start), _clock(typed.end), _day(typed.repeat_until)
    today = clock_of(utcnow())
    if start is None or not today - FURTHEST < start < today + FURTHEST:
        wrong["start"] = _("Write a day and a time within the next two years.")
    if end is None:
        wrong["end"] = _("Write the day and the time at which the shift ends.")
    elif start is not None and not timedelta(0) < end - start <= LONGEST:
        wrong["end"] = _("A shift ends after it begins and lasts 31 days at most.")
    if start is None or "start" in wrong:
        return start, end, None, wrong
    if typed.repeat_until and (last is None or last < start.date()):
        wrong["repeat_until"] = _("Write the last day on which the shift is repeated, or nothing.")
    elif last is not None and last > start.date() + WEEK * MOST_WEEKS:
        wrong["repeat_until"] = _("Repeat it for a year at most.")
    return start, end, last, wrong


def _clock(text: str) -> datetime | None:
    """``2026-03-28T20:00`` to the minute; None for anything else, a time with a zone among it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo or "T" not in text else found.replace(second=0, microsecond=0)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refuse_doubles(session: Session, shifts: Sequence[DutyShift]) -> None:
    first = shifts[0]
    query = select(DutyShift.starts_at, DutyShift.ends_at).where(
        DutyShift.department_id == first.department_id,
        DutyShift.user_id == first.user_id,
        DutyShift.ends_at > first.starts_at,
    )
    stored = {(row.starts_at, row.ends_at) for row in session.execute(query)}
    if any((one.starts_at, one.ends_at) in stored for one in shifts):
        raise Invalid(fields={"start": _("This very shift stands in the calendar already.")})


def remove_shift(session: Session, shift_id: int, *, with_later: bool, actor: Actor) -> int:
    """Remove a shift, ``with_later`` also its repeats in later weeks; returns how many.

    Raises NotFound (also for one of a department that is not his), Forbidden.
    """
    shift = find_row(session, DutyShift, shift_id)
    if shift is None or not (actor.is_administrator or shift.department_id in actor.departments):
        raise NotFound(_("There is no such shift any more."))
    department = _access_department(session, shift.department_id, actor)
    gone = [shift, *(_repeats(session, shift) if with_later else [])]
    facts = {**_facts(shift), "times": len(gone)}
    for one in gone:
        session.delete(one)
    session.flush()
    record(session, Kind.DUTY_EDITED, actor=actor, subject=f"department {department.id}", old=facts)
    return len(gone)


def _repeats(session: Session, shift: DutyShift) -> list[DutyShift]:
    """Later shifts of the same person and department at the same clock times of the week."""
    query = select(DutyShift).where(
        DutyShift.department_id == shift.department_id,
        DutyShift.user_id == shift.user_id,
        DutyShift.starts_at > shift.starts_at,
    )
    return [one for one in session.scalars(query) if _turn(one) == _turn(shift)]


def _turn(shift: DutyShift) -> tuple[int, str, timedelta]:
    start, end = clock_of(shift.starts_at), clock_of(shift.ends_at)
    return start.weekday(), f"{start:%H:%M}", end - start


def _access_department(session: Session, department_id: int | None, actor: Actor) -> Department:
    """A department whose shifts he may change. Raises NotFound, Forbidden."""
    found = find_row(session, Department, department_id) if is_id(department_id) else None
    if found is None or not (actor.is_administrator or found.id in actor.departments):
        raise NotFound(_("There is no such department, or it is not yours."))
    if not may_plan(actor, found.id):
        raise Forbidden(_("Only those who plan for the department and administrators change its duty."))
    return found


def _facts(shift: DutyShift) -> dict[str, object]:
    return {"user_id": shift.user_id, "starts_at": shift.starts_at, "ends_at": shift.ends_at}
