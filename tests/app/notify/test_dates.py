"""Memberships that begin or end by themselves: open pages feel it, each crossing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.notify import dates, popup, presence
from app.notify.dates import crossed, feel_dates
from models import Role
from tests.support.factories import make_department, make_membership, make_user

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TICK = timedelta(seconds=2)


@pytest.fixture
def felt(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Who was asked to connect anew."""
    called: list[int] = []
    monkeypatch.setattr(popup, "reconnect", called.append)
    return called


def person_until(session: Session, moment: datetime | None, since: datetime | None = None) -> int:
    """Somebody with an open page whose role has these dates."""
    person = make_user(session)
    make_membership(
        session, person, make_department(session), Role.COORDINATOR, valid_from=since, valid_until=moment
    )
    session.commit()
    presence.seen(person.id, f"page-of-{person.id}")
    user_id: int = person.id
    return user_id


def test_crossing_is_felt_in_the_moment_in_which_the_rule_changes(session: Session) -> None:
    ends, begins = person_until(session, NOON), person_until(session, None, NOON)
    second = timedelta(seconds=1)
    assert crossed(session, NOON - TICK, NOON - second) == set()
    assert crossed(session, NOON - second, NOON) == {ends, begins}
    assert crossed(session, NOON, NOON + TICK) == set()


def test_open_page_of_a_substitute_feels_his_last_moment_once(session: Session, felt: list[int]) -> None:
    ends = person_until(session, NOON)
    person_until(session, NOON + timedelta(days=1))
    moments = [NOON - TICK, NOON - TICK / 2, NOON + TICK / 2, NOON + TICK, NOON + 2 * TICK]
    found = [feel_dates(session, now=moment) for moment in moments]
    assert found == [set(), set(), {ends}, set(), set()]
    assert felt == [ends]


def test_whoever_has_no_page_open_is_not_called(session: Session, felt: list[int]) -> None:
    person = make_user(session)
    make_membership(session, person, make_department(session), valid_until=NOON)
    session.commit()
    feel_dates(session, now=NOON - TICK)
    assert feel_dates(session, now=NOON + TICK) == set()
    assert felt == []


def test_stretch_that_no_process_looked_at_is_caught_up(session: Session, felt: list[int]) -> None:
    ends = person_until(session, NOON)
    feel_dates(session, now=NOON - timedelta(minutes=10))
    assert feel_dates(session, now=NOON + timedelta(minutes=10)) == {ends}


def test_one_look_per_process_is_started() -> None:
    dates._started.clear()
    started: list[object] = []
    for _turn in range(2):
        dates.start_feeling("app", lambda *what: started.append(what))  # type: ignore[arg-type]  # never run
    dates._started.clear()
    assert len(started) == 1
