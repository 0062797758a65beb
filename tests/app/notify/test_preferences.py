"""What a person has chosen, and his quiet time: over midnight, a change of the clock, whole days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import (
    ADMINISTRATOR,
    Defaults,
    quiet_until,
    read_defaults,
    read_people,
    wants,
    zone_of,
)
from models import (
    Absence,
    ChannelName,
    NotificationChoice,
    NotificationDefault,
    NotificationHabit,
    Role,
)
from tests.support.factories import actor_of, make_department, make_user
from tests.support.queries import count_queries

KYIV = ZoneInfo("Europe/Kyiv")


def habit(start: str = "", end: str = "", days: str = "", zone: str = "") -> NotificationHabit:
    """Quiet hours as people write them."""
    minutes = [int(text[:2]) * 60 + int(text[3:]) if text else None for text in (start, end)]
    return NotificationHabit(quiet_from=minutes[0], quiet_until=minutes[1], quiet_days=days, time_zone=zone)


def kyiv(text: str, *, fold: int = 0) -> datetime:
    """A moment by Kyiv's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold)


NIGHT, EVENING = ("22:00", "07:30"), ("18:00", "23:00")


@pytest.mark.parametrize(
    ("quiet", "now", "end"),
    [
        (NIGHT, "2026-11-24T21:59", None),
        (NIGHT, "2026-11-24T22:00", "2026-11-25T07:30"),
        (NIGHT, "2026-11-25T00:00", "2026-11-25T07:30"),
        (NIGHT, "2026-11-25T07:29", "2026-11-25T07:30"),
        (NIGHT, "2026-11-25T07:30", None),
        (EVENING, "2026-11-24T18:00", "2026-11-24T23:00"),
        (EVENING, "2026-11-24T23:00", None),
        (("08:00", "08:00"), "2026-11-24T08:00", None),
        (("", ""), "2026-11-24T03:00", None),
        # a quiet weekend: after its nights and days the work begins on Monday at half past seven
        ((*NIGHT, "67"), "2026-11-27T23:00", "2026-11-30T07:30"),
        ((*NIGHT, "67"), "2026-11-28T12:00", "2026-11-30T07:30"),
        (("", "", "67"), "2026-11-28T12:00", "2026-11-30T00:00"),
        (("", "", "3"), "2026-11-24T23:59", None),
    ],
)
def test_quiet_time_ends_when_it_is_said_to(
    app: Flask, quiet: tuple[str, ...], now: str, end: str | None
) -> None:
    found = quiet_until(habit(*quiet), kyiv(now))
    assert found == (kyiv(end) if end else None)


@pytest.mark.parametrize(
    ("quiet", "now", "hours"),
    [
        # on 29 March 2026 three o'clock becomes four: the night is an hour shorter
        (NIGHT, kyiv("2026-03-28T22:30"), 8),
        # on 25 October 2026 four o'clock becomes three: it is an hour longer
        (NIGHT, kyiv("2026-10-24T22:30"), 10),
        # an end inside the hour that comes twice lies in the same turn as the moment
        (("22:00", "03:30"), kyiv("2026-10-25T03:00"), 0.5),
        (("22:00", "03:30"), kyiv("2026-10-25T03:00", fold=1), 0.5),
    ],
)
def test_quiet_hours_keep_to_the_clock_when_it_is_changed(
    app: Flask, quiet: tuple[str, str], now: datetime, hours: float
) -> None:
    found = quiet_until(habit(*quiet), now)
    assert found is not None
    assert found.astimezone(UTC) - now.astimezone(UTC) == timedelta(hours=hours)


def test_end_in_an_hour_that_the_clock_leaves_out_is_soon_after_it(app: Flask) -> None:
    found = quiet_until(habit("22:00", "03:30"), kyiv("2026-03-28T23:00"))
    assert found is not None
    assert kyiv("2026-03-29T04:00") <= found.astimezone(UTC) <= kyiv("2026-03-29T04:30")


def test_quiet_hours_go_by_the_persons_own_zone(app: Flask) -> None:
    there = habit(*NIGHT, zone="America/New_York")
    assert quiet_until(there, kyiv("2026-11-24T23:00")) is None  # four in the afternoon there
    assert quiet_until(there, kyiv("2026-11-25T06:00")) == kyiv("2026-11-25T14:30")


@pytest.mark.parametrize("name", ["Europe", "Nowhere/Town", "../etc/passwd", ""])
def test_zone_that_is_none_is_the_helpdesks(app: Flask, name: str) -> None:
    assert zone_of(habit(zone=name)) == ZoneInfo(app.config["TIME_ZONE"])


def test_choice_stands_above_the_roles_and_any_role_is_enough(session: Session) -> None:
    here, there = make_department(session), make_department(session)
    person = make_user(session, employee_of=[here], coordinator_of=[there])
    kind, channel = Kind.TICKET_TAKEN, ChannelName.EMAIL
    session.add(NotificationDefault(role=Role.COORDINATOR, kind=kind, channel=channel, is_on=True))
    session.flush()
    defaults = read_defaults(session)
    assert wants(read_people(session, [actor_of(session, person)])[0], defaults, kind, channel)
    session.add(NotificationChoice(user_id=person.id, kind=kind, channel=channel, is_on=False))
    session.flush()
    assert not wants(read_people(session, [actor_of(session, person)])[0], defaults, kind, channel)


def test_administrator_has_defaults_of_his_own(session: Session) -> None:
    defaults = Defaults({(ADMINISTRATOR, Kind.RUN_FAILED, ChannelName.EMAIL): False})
    admin, other = make_user(session, administrator=True), make_user(session)
    people = read_people(session, [actor_of(session, one) for one in (admin, other)])
    wanted = {one.id: wants(one, defaults, Kind.RUN_FAILED, ChannelName.EMAIL) for one in people}
    assert wanted == {admin.id: False, other.id: True}


@pytest.mark.parametrize(
    ("until", "now", "back"),
    [
        (date(2026, 11, 24), "2026-11-24T12:00", "2026-11-25T08:00"),
        (date(2026, 11, 24), "2026-11-25T07:59", "2026-11-25T08:00"),
        (date(2026, 11, 24), "2026-11-25T08:00", None),
    ],
)
def test_person_is_back_in_the_morning_after_his_last_day_away(
    session: Session, until: date, now: str, back: str | None
) -> None:
    person, other = make_user(session), make_user(session)
    session.add(Absence(user_id=person.id, until=until, stand_in_id=other.id))
    session.flush()
    found = read_people(session, [actor_of(session, person)], now=kyiv(now))[0]
    assert found.away_until == (kyiv(back) if back else None)


def test_many_people_are_read_in_as_many_statements_as_few(session: Session) -> None:
    actors = [actor_of(session, make_user(session)) for _turn in range(60)]
    costs = []
    for some in (actors[:3], actors):
        session.expire_all()
        with count_queries() as sent:
            assert len(read_people(session, some)) == len(some)
        costs.append(len(sent))
    assert costs == [4, 4]
