"""The administrator's grid of each role: kept, foretold, journalled; nobody else gets in."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import ADMINISTRATOR, CHOSEN_CHANNELS, is_delivered_on
from app.services.notification_defaults import kinds_of_role
from models import JournalEntry, NotificationChoice, NotificationDefault, Role
from tests.support.factories import make_department, make_role, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/notify/defaults/"
TAKEN = f"{Kind.TICKET_TAKEN} email"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    """An administrator's browser."""
    return sign_in(client, make_user(session, administrator=True))


def form(role: str, *more: str, without: str = "") -> dict[str, Any]:
    """The role's grid as delivered, but for some cells."""
    ticks = [
        f"{kind} {name}"
        for kind in kinds_of_role(role)
        for name in CHOSEN_CHANNELS
        if is_delivered_on(kind, name)
    ]
    return {"role": role, "on": [*(one for one in ticks if one != without), *more]}


def stored(session: Session) -> dict[tuple[str, str, str], bool]:
    """The rows."""
    session.expire_all()
    return {
        (row.role, row.kind, row.channel): row.is_on for row in session.scalars(select(NotificationDefault))
    }


def test_administrator_changes_a_role_and_reads_whom_it_touches(admin: FlaskClient, session: Session) -> None:
    here, there = make_department(session), make_department(session)
    make_user(session, employee_of=[here, there])
    make_user(session, employee_of=[here])
    decided = make_user(session, employee_of=[here])
    row = {"kind": Kind.TICKET_TAKEN, "channel": "email", "is_on": True}
    session.add(NotificationChoice(user_id=decided.id, **row))
    make_user(session, coordinator_of=[here])
    make_user(session, employee_of=[here], active=False)
    session.commit()
    sent = form(Role.EMPLOYEE, TAKEN)
    assert "2 people would hear otherwise." in admin.post(f"{PAGE}touched", data=sent).text
    assert stored(session) == {}
    answer = admin.post(PAGE, data=sent)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?role=employee")
    assert stored(session) == {(Role.EMPLOYEE, Kind.TICKET_TAKEN, "email"): True}
    page = admin.get(answer.location).text
    assert "2 people hear otherwise from now on." in page
    assert page.count("is-changed") == 1
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.DEFAULTS_EDITED)).one()
    assert (entry.subject, entry.old, entry.new) == ("role employee", {TAKEN: False}, {TAKEN: True})
    assert admin.post(f"{PAGE}delivered", data={"role": Role.EMPLOYEE}).status_code == 303
    assert stored(session) == {}


def test_other_role_of_the_same_person_decides_too(admin: FlaskClient, session: Session) -> None:
    make_user(session, employee_of=[make_department(session)], coordinator_of=[make_department(session)])
    session.commit()
    silent = form(Role.EMPLOYEE, without=f"{Kind.TICKET_CREATED} email")
    assert "Nobody hears otherwise" in admin.post(f"{PAGE}touched", data=silent).text


def test_own_roles_and_the_administrator_have_grids(admin: FlaskClient, session: Session) -> None:
    role = make_role(session, "Observer")
    session.commit()
    assert "Observer" in admin.get(f"{PAGE}?role={role.key}").text
    assert "An import has failed" not in admin.get(f"{PAGE}?role={role.key}").text
    assert "An import has failed" in admin.get(f"{PAGE}?role={ADMINISTRATOR}").text
    failed = f"{Kind.RUN_FAILED} email"
    assert admin.post(PAGE, data=form(ADMINISTRATOR, without=failed)).status_code == 303
    assert stored(session) == {(ADMINISTRATOR, Kind.RUN_FAILED, "email"): False}


@pytest.mark.parametrize("role", ["", "king", "employee'--"])
def test_role_that_is_not_there_is_not_found(admin: FlaskClient, session: Session, role: str) -> None:
    assert admin.post(PAGE, data={"role": role}).status_code == 404
    assert admin.post(f"{PAGE}touched", data={"role": role}).status_code == 404
    assert not role or admin.get(PAGE, query_string={"role": role}).status_code == 404
    assert stored(session) == {}


def test_page_costs_the_same_with_many_people(admin: FlaskClient, session: Session) -> None:
    costs = []
    for number in (1, 40):
        desk = make_department(session)
        for _turn in range(number):
            make_user(session, employee_of=[desk])
        session.commit()
        with count_queries() as sent:
            admin.get(PAGE)
            admin.post(f"{PAGE}touched", data=form(Role.EMPLOYEE, TAKEN))
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 28, costs


@pytest.mark.parametrize(("who", "expected"), [("nobody", {302, 401}), ("chief", {403})])
def test_nobody_else_gets_in(client: FlaskClient, session: Session, who: str, expected: set[int]) -> None:
    if who == "chief":
        sign_in(client, make_user(session, coordinator_of=[make_department(session)]))
    assert client.get(PAGE).status_code in expected
    for path in ("", "touched", "delivered"):
        assert client.post(f"{PAGE}{path}", data=form(Role.EMPLOYEE, TAKEN)).status_code in expected
    assert stored(session) == {}
