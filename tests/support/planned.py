"""What people would be told at one evening, for tests of planning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.planning import Plan, plan_for
from app.notify.preferences import read_people
from models import ChannelName, Department, DutyShift, NotificationHabit, Priority, Staff, Ticket
from tests.support.factories import actor_of, make_ticket, make_user

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)  # a Tuesday, 23:00 in Kyiv
MORNING = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)  # 7:00 there
EMAIL, SMS, POPUP = ChannelName.EMAIL, ChannelName.SMS, ChannelName.POPUP


def planned(
    session: Session,
    ticket: Ticket,
    *people: Staff,
    kind: Kind = Kind.TICKET_CREATED,
    now: datetime = NOW,
    by: Staff | None = None,
) -> list[Plan]:
    """What these people would be told."""
    session.flush()
    told = read_people(session, [actor_of(session, one) for one in people], now=now)
    return plan_for(session, told, kind, ticket, now=now, actor_id=by.id if by else None)


def over(plans: list[Plan], channel: str, person: Staff | None = None) -> list[Plan]:
    """Only those of one channel and person."""
    return [one for one in plans if one.channel == channel and person in (None, _who(one, person))]


def _who(one: Plan, person: Staff | None) -> Staff | None:
    return person if person is not None and one.user_id == person.id else None


def quiet(session: Session, person: Staff, **values: Any) -> None:
    """From ten in the evening until seven."""
    session.add(NotificationHabit(user_id=person.id, quiet_from=22 * 60, quiet_until=7 * 60, **values))


def shift(session: Session, person: Staff, desk: Department, hours: tuple[float, float]) -> None:
    """On duty from and until so many hours after NOW."""
    start, end = (NOW + timedelta(hours=one) for one in hours)
    session.add(DutyShift(department_id=desk.id, user_id=person.id, starts_at=start, ends_at=end))


def ticket_in(session: Session, desk: Department, *, urgent: bool = False, **values: Any) -> Ticket:
    """A free ticket of the department."""
    priority = Priority.HIGH if urgent else Priority.NORMAL
    return make_ticket(session, author=make_user(session), department=desk, priority=priority, **values)
