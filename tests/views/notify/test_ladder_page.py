"""The ladder of a department: own or everybody's, checked, foretold in words, journalled."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import CHOSEN_CHANNELS
from app.services.ladders import AUDIENCES
from models import Department, JournalEntry, LadderRung
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/notify/ladder/"
DELIVERED = "0 popup addressees; 3 jabber addressees; 8 sms addressees; 15 sms coordinators"


@pytest.fixture
def desk(session: Session) -> Department:
    """A department."""
    return make_department(session, "Desk")


@pytest.fixture
def chief(client: FlaskClient, session: Session, desk: Department) -> FlaskClient:
    """Its coordinator's browser."""
    return sign_in(client, make_user(session, coordinator_of=[desk]))


def form(*steps: tuple[str, str, str], was: str = DELIVERED) -> dict[str, Any]:
    """Steps as they are sent, an empty one behind them."""
    rows = [*steps, ("", "", "addressees")]
    channel, minutes, audience = map(list, zip(*rows, strict=True))
    return {"was": was, "channel": channel, "minutes": minutes, "audience": audience}


OWN = form(("sms", "5", "coordinators"), ("popup", "0", "addressees"))


def steps(session: Session, department_id: int | None) -> list[tuple[int, str, str]]:
    """What is stored."""
    session.expire_all()
    query = select(LadderRung).where(LadderRung.department_id.is_not_distinct_from(department_id))
    return [
        (row.after_minutes, row.channel, row.audience)
        for row in session.scalars(query.order_by(LadderRung.after_minutes))
    ]


def test_coordinator_gives_his_department_a_ladder_and_takes_it_back(
    chief: FlaskClient, session: Session, desk: Department
) -> None:
    assert DELIVERED in chief.get(f"{PAGE}{desk.id}").text
    assert chief.post(f"{PAGE}{desk.id}", data=OWN).status_code == 303
    assert steps(session, desk.id) == [(0, "popup", "addressees"), (5, "sms", "coordinators")]
    page = chief.get(PAGE).text
    assert "own ladder" in page
    assert "after 5 minutes SMS to the coordinators (left out: the channel is off)" in page
    was = "0 popup addressees; 5 sms coordinators"
    assert chief.post(f"{PAGE}{desk.id}/drop", data={"was": was}).status_code == 303
    assert steps(session, desk.id) == []
    told = [row for row in session.scalars(select(JournalEntry)) if row.kind == Kind.LADDER_EDITED]
    assert [(row.old["rungs"], row.new["rungs"]) for row in told] == [(None, was), (was, None)]
    assert {row.subject for row in told} == {f"department {desk.id}"}


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([("sms", "-1", "addressees")], "minutes-0"),
        ([("sms", "1441", "addressees")], "minutes-0"),
        ([("sms", "", "addressees")], "minutes-0"),
        ([("sms", "ten", "addressees")], "minutes-0"),
        ([("sms", "٣", "addressees")], "minutes-0"),
        ([("pigeon", "1", "addressees")], "channel-0"),
        ([("sms", "1", "kings")], "channel-0"),
        ([("", "7", "addressees")], "channel-0"),
        ([("sms", "1", "addressees"), ("sms", "9", "addressees")], "channel-1"),
        ([], "at least one step"),
        ([(one, "1", who) for one in CHOSEN_CHANNELS for who in AUDIENCES], "at most 10 steps"),
    ],
)
def test_mistake_is_told_and_nothing_typed_is_lost(
    chief: FlaskClient, session: Session, desk: Department, rows: list[Any], field: str
) -> None:
    answer = chief.post(f"{PAGE}{desk.id}", data=form(*rows))
    assert answer.status_code == 422
    assert (f'href="#{field}"' if "-" in field else field) in answer.text
    for _channel, minutes, _audience in rows:
        assert f'value="{minutes}"' in answer.text
    assert steps(session, desk.id) == []
    assert "bi-exclamation-circle" in chief.post(f"{PAGE}words", data=form(*rows)).text


def test_typed_steps_are_read_as_a_sentence(chief: FlaskClient, session: Session) -> None:
    words = chief.post(f"{PAGE}words", data=OWN).text
    assert "at once Pop-up to those it was sent to → after 5 minutes SMS to the coordinators" in words


def test_who_saves_over_somebody_elses_change_is_told(
    chief: FlaskClient, session: Session, desk: Department
) -> None:
    answer = chief.post(f"{PAGE}{desk.id}", data={**OWN, "was": "1 sms addressees"})
    assert answer.status_code == 409
    assert "Somebody else has changed this ladder meanwhile" in answer.text
    assert steps(session, desk.id) == []


def test_administrator_changes_everybodys(client: FlaskClient, session: Session, desk: Department) -> None:
    sign_in(client, make_user(session, administrator=True))
    assert "as everybody" in client.get(PAGE).text
    assert client.post(f"{PAGE}everybody", data=OWN).status_code == 303
    assert steps(session, None) == [(0, "popup", "addressees"), (5, "sms", "coordinators")]
    assert client.get(f"{PAGE}999999").status_code == 404
    assert client.get(f"{PAGE}99999999999").status_code == 404


def test_coordinator_changes_no_other_ladder(chief: FlaskClient, session: Session, desk: Department) -> None:
    other = make_department(session, "Elsewhere")
    session.commit()
    assert "Elsewhere" not in chief.get(PAGE).text
    for path, status in ((f"{other.id}", 404), ("everybody", 403)):
        assert chief.get(f"{PAGE}{path}").status_code == status
        assert chief.post(f"{PAGE}{path}", data=OWN).status_code == status
    assert chief.post(f"{PAGE}{other.id}/drop", data=OWN).status_code == 404
    assert chief.get(f"{PAGE}{desk.id}/drop").status_code == 405
    assert steps(session, other.id) == []


@pytest.mark.parametrize(("who", "expected"), [("nobody", {302, 401}), ("employee", {403})])
def test_nobody_else_gets_in(
    client: FlaskClient, session: Session, desk: Department, who: str, expected: set[int]
) -> None:
    if who == "employee":
        sign_in(client, make_user(session, employee_of=[desk]))
    assert client.get(PAGE).status_code in expected
    for path in (f"{desk.id}", f"{desk.id}/drop", "everybody"):
        assert client.post(f"{PAGE}{path}", data=OWN).status_code in expected
    assert steps(session, desk.id) == []


def test_page_costs_the_same_with_many_departments(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, administrator=True))
    costs = []
    for number in (1, 30):
        for _turn in range(number):
            place = make_department(session)
            session.add(LadderRung(department_id=place.id, channel="sms", after_minutes=1))
        session.commit()
        with count_queries() as sent:
            client.get(PAGE)
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 12, costs
