"""The duty calendar: read by the department, planned by who may plan, by the helpdesk's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.services.duty_calendar import clock_of, moment_of, overlapping, shifts_between
from models import Department, DutyShift, JournalEntry, Staff, utcnow
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/notify/duty/"


@pytest.fixture
def desk(session: Session) -> Department:
    """A department."""
    return make_department(session, "Desk")


@pytest.fixture
def worker(session: Session, desk: Department) -> Staff:
    """Its employee."""
    return make_user(session, first_name="Olena", employee_of=[desk])


@pytest.fixture
def chief(client: FlaskClient, session: Session, desk: Department) -> FlaskClient:
    """Its coordinator's browser."""
    return sign_in(client, make_user(session, coordinator_of=[desk]))


def form(desk: Department, who: Staff, start: str, end: str, **more: Any) -> dict[str, Any]:
    """A shift as it is sent."""
    return {"department_id": desk.id, "user_id": who.id, "start": start, "end": end, **more}


def stored(session: Session) -> list[DutyShift]:
    """All shifts in their order."""
    session.expire_all()
    return list(session.scalars(select(DutyShift).order_by(DutyShift.starts_at)))


def test_coordinator_plans_a_night_and_its_repeats_over_the_change_of_the_clock(
    chief: FlaskClient, session: Session, desk: Department, worker: Staff
) -> None:
    sent = form(desk, worker, "2027-03-20T22:00", "2027-03-21T07:00", repeat_until="2027-04-03")
    answer = chief.post(PAGE, data=sent)
    assert answer.status_code == 303
    rows = stored(session)
    assert [row.starts_at.astimezone(UTC).hour for row in rows] == [20, 20, 19]
    hours = [(row.ends_at - row.starts_at) / timedelta(hours=1) for row in rows]
    assert hours == [9, 8, 9]  # on 28 March 2027 three o'clock becomes four
    page = chief.get(answer.location).text
    assert "3 shifts are added." in page
    assert "Sat 20 Mar, 22:00 – Sun 21 Mar, 07:00" in page
    month = chief.get(f"{PAGE}?span=month&day=2027-03-01").text
    assert (month.count("Olena Tester</b>"), "April" in month) == (2, False)
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.DUTY_EDITED)).one()
    assert (entry.subject, entry.new["times"], entry.new["user_id"]) == (
        f"department {desk.id}",
        3,
        worker.id,
    )


def test_shifts_follow_one_another_without_a_gap_in_the_hour_that_comes_twice(app: Flask) -> None:
    turn = datetime.fromisoformat("2026-10-25T03:30")
    assert moment_of(turn, is_end=True) - moment_of(turn) == timedelta(hours=1)
    assert clock_of(moment_of(turn)) == clock_of(moment_of(turn, is_end=True)) == turn


def test_one_shift_or_all_its_repeats_are_removed(
    chief: FlaskClient, session: Session, desk: Department, worker: Staff
) -> None:
    chief.post(
        PAGE, data=form(desk, worker, "2027-03-06T22:00", "2027-03-07T07:00", repeat_until="2027-04-20")
    )
    chief.post(PAGE, data=form(desk, worker, "2027-03-15T22:00", "2027-03-16T07:00"))
    rows = stored(session)
    assert len(rows) == 8
    assert chief.post(f"{PAGE}{rows[0].id}/remove").status_code == 303
    assert chief.post(f"{PAGE}{rows[0].id}/remove").status_code == 404
    assert chief.post(f"{PAGE}{rows[3].id}/remove", data={"later": "1"}).status_code == 303
    assert [clock_of(row.starts_at).day for row in stored(session)] == [13, 15]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"start": "yesterday"}, "start"),
        ({"start": "9999-12-31T23:00"}, "start"),
        ({"start": "2027-03-06T20:00Z"}, "start"),
        ({"start": "2027-03-06"}, "start"),
        ({"end": ""}, "end"),
        ({"end": "2027-03-06T22:00"}, "end"),
        ({"end": "2027-05-06T22:00"}, "end"),
        ({"repeat_until": "2027-03-01"}, "repeat_until"),
        ({"repeat_until": "2031-03-01"}, "repeat_until"),
        ({"repeat_until": "soon"}, "repeat_until"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "99999999999"}, "user_id"),
        ({"user_id": "987654"}, "user_id"),
    ],
)
def test_mistake_is_told_and_nothing_typed_is_lost(
    chief: FlaskClient,
    session: Session,
    desk: Department,
    worker: Staff,
    values: dict[str, str],
    field: str,
) -> None:
    sent = {**form(desk, worker, "2027-03-06T22:00", "2027-03-07T07:00"), **values}
    answer = chief.post(PAGE, data=sent)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    for name in ("start", "end"):
        assert f'value="{sent[name]}"' in answer.text
    assert stored(session) == []


def test_the_very_same_shift_is_refused_and_another_one_overlaps(
    chief: FlaskClient, session: Session, desk: Department, worker: Staff
) -> None:
    other = make_user(session, employee_of=[desk])
    session.commit()
    sent = form(desk, worker, "2027-03-06T22:00", "2027-03-07T07:00")
    assert chief.post(PAGE, data=sent).status_code == 303
    assert chief.post(PAGE, data=sent).status_code == 422
    assert chief.post(PAGE, data=form(desk, other, "2027-03-07T06:00", "2027-03-07T12:00")).status_code == 303
    assert (
        chief.post(PAGE, data=form(desk, worker, "2027-03-07T12:00", "2027-03-07T20:00")).status_code == 303
    )
    rows = stored(session)
    assert overlapping(rows) == {rows[0].id, rows[1].id}
    assert chief.get(f"{PAGE}?day=2027-03-07").text.count("bi-layers") == 2


def test_staff_of_the_department_read_who_is_on_duty_now_and_change_nothing(
    client: FlaskClient, session: Session, desk: Department, worker: Staff
) -> None:
    other = make_department(session, "Elsewhere")
    now = utcnow()
    for place in (desk, other):
        times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        session.add(DutyShift(department_id=place.id, user_id=worker.id, **times))
    session.commit()
    sign_in(client, worker)
    page = client.get(PAGE).text
    assert "On duty now: <b>Olena Tester</b>" in page
    assert "Elsewhere" not in page
    assert "Add a shift" not in page
    rows = {row.department_id: row for row in stored(session)}
    assert (
        client.post(PAGE, data=form(desk, worker, "2027-03-06T22:00", "2027-03-07T07:00")).status_code == 403
    )
    assert (
        client.post(PAGE, data=form(other, worker, "2027-03-06T22:00", "2027-03-07T07:00")).status_code == 404
    )
    assert client.post(f"{PAGE}{rows[desk.id].id}/remove").status_code == 403
    assert client.post(f"{PAGE}{rows[other.id].id}/remove").status_code == 404
    assert len(stored(session)) == 2


def test_who_belongs_nowhere_has_nothing_to_look_at(client: FlaskClient, session: Session) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE).status_code == 401
    sign_in(client, make_user(session))
    assert client.get(PAGE).status_code == 403
    assert client.get("/notify/").status_code == 403


@pytest.mark.parametrize(
    ("who", "first"), [("administrator", "defaults"), ("chief", "ladder"), ("worker", "duty")]
)
def test_the_menu_leads_to_the_first_tab_that_its_reader_may_open(
    client: FlaskClient, session: Session, desk: Department, worker: Staff, who: str, first: str
) -> None:
    people = {
        "administrator": lambda: make_user(session, administrator=True),
        "chief": lambda: make_user(session, coordinator_of=[desk]),
        "worker": lambda: worker,
    }
    sign_in(client, people[who]())
    answer = client.get("/notify/")
    offered = ("channels", "defaults", "ladder", "duty")
    assert answer.location.split("/")[2] in offered[: offered.index(first) + 1]
    assert client.get(answer.location).status_code == 200
    assert ("/notify/defaults/" in client.get(PAGE).text) is (who == "administrator")


@pytest.mark.parametrize("query", ["day=x", "day=99999-01-01", "day=0001-01-01", "span=year", "department=x"])
def test_address_that_makes_no_sense_shows_this_week(
    chief: FlaskClient, session: Session, query: str
) -> None:
    assert chief.get(f"{PAGE}?{query}").status_code == 200


def test_page_costs_the_same_with_many_shifts(
    chief: FlaskClient, session: Session, desk: Department, worker: Staff
) -> None:
    costs = []
    for most in (0, 40):
        for number in range(most):
            start = utcnow() + timedelta(minutes=number)
            who = make_user(session, employee_of=[desk]).id
            row = DutyShift(department_id=desk.id, user_id=who, starts_at=start, ends_at=start + timedelta(1))
            session.add(row)
        session.commit()
        with count_queries() as sent:
            chief.get(PAGE)
        costs.append(len(sent))
    assert len(shifts_between(session, [desk], utcnow(), utcnow() + timedelta(days=1))) == 40
    assert costs[0] == costs[1] <= 14, costs
