"""What the demo data is made of: rhythm, working time, names, and the writing of many rows."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.demo.names import Person, invent_person, language_of, make_login
from app.demo.rhythm import WorkClock, arrivals, is_day_off
from app.demo.writer import Table, stamp
from models import Client, ClientWord

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")


def test_arrivals_are_as_many_as_asked_in_order_and_in_rhythm() -> None:
    moments = list(arrivals(Random(1), 20_000, NOW - timedelta(days=365), NOW, KYIV))
    assert len(moments) == 20_000
    assert moments == sorted(moments)
    assert moments[-1] <= NOW.timestamp()
    local = [datetime.fromtimestamp(moment, KYIV) for moment in moments]
    hours = Counter(moment.hour for moment in local)
    days = Counter(moment.weekday() for moment in local)
    assert sum(hours[hour] for hour in range(8, 18)) > 0.95 * len(moments)
    assert hours[13] < hours[12] < hours[10]
    assert days[0] == max(days.values())
    assert days[5] + days[6] < days[4] / 5


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-24 09:00", 2, "2026-11-24 11:00"),
        ("2026-11-24 17:00", 2, "2026-11-25 09:00"),
        ("2026-11-24 03:00", 1, "2026-11-24 09:00"),
        # a Friday evening, a week-end, the change of the clocks between
        ("2026-10-23 17:30", 1, "2026-10-26 08:30"),
        # a holiday on a Tuesday
        ("2026-03-31 09:00", 20, "2026-04-02 09:00"),
        ("2026-09-30 17:00", 2, "2026-10-02 09:00"),
    ],
)
def test_work_clock_skips_nights_and_days_off(start: str, hours: int, end: str) -> None:
    clock = WorkClock(
        datetime(2026, 1, 1, tzinfo=KYIV).date(), datetime(2026, 12, 31, tzinfo=KYIV).date(), KYIV
    )
    begin = int(datetime.fromisoformat(start).replace(tzinfo=KYIV).timestamp())
    assert datetime.fromtimestamp(clock.after(begin, hours * 3600), KYIV).strftime("%Y-%m-%d %H:%M") == end


def test_work_clock_shares_the_working_time_between_two_moments() -> None:
    clock = WorkClock(
        datetime(2026, 1, 1, tzinfo=KYIV).date(), datetime(2026, 12, 31, tzinfo=KYIV).date(), KYIV
    )
    evening = int(datetime(2026, 11, 23, 17, tzinfo=KYIV).timestamp())
    morning = int(datetime(2026, 11, 24, 9, tzinfo=KYIV).timestamp())
    assert clock.between(evening, morning, 0.25) == evening + 1800
    night = int(datetime(2026, 11, 24, 2, tzinfo=KYIV).timestamp())
    assert night <= clock.between(night, night + 3600, 0.5) == night + 1800


def test_holidays_and_week_ends_are_days_off() -> None:
    assert is_day_off(datetime(2026, 8, 24, tzinfo=KYIV).date())
    assert is_day_off(datetime(2026, 11, 22, tzinfo=KYIV).date())
    assert not is_day_off(datetime(2026, 11, 24, tzinfo=KYIV).date())


def test_names_have_their_shares_and_their_languages() -> None:
    rng = Random(3)
    people = [invent_person(rng) for _ in range(2_000)]
    languages = Counter(person.language for person in people)
    assert 300 < languages["ru"] < 500
    assert all(language_of(person.full_name) == person.language for person in people)
    assert any(person.full_name.isascii() for person in people)


def test_namesakes_have_logins_of_their_own() -> None:
    taken: Counter[str] = Counter()
    person = Person("Дем'янчук", "Євген", "Іванович", "uk")
    assert [make_login(person, taken) for _ in range(3)] == ["y.demianchuk", "y.demianchuk2", "y.demianchuk3"]


def test_bulk_rows_come_back_as_they_were_written(session: Session) -> None:
    name = "back\\slash\ttab\nline \\N None \\."
    table = Table(session.connection(), Client, "id full_name login note created_at search_text")
    number = table.take_id()
    table.add(number, name, None, "", stamp(1_700_000_000), json.dumps({"a": None}))
    table.finish()
    client = session.get_one(Client, number)
    assert (client.full_name, client.login, client.note) == (name, None, "")
    assert client.created_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert session.scalar(select(func.count()).select_from(ClientWord)) == 0
