"""Where a ticket may be sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.services.placement import addressees, open_departments, resolve_placement
from models import Role, utcnow
from tests.support.factories import make_department, make_membership, make_role, make_ticket, make_user


def test_departments_come_in_their_order_without_the_hidden(session: Session) -> None:
    make_department(session, "Beta", position=1)
    make_department(session, "Alpha", position=1)
    make_department(session, "First", position=0)
    make_department(session, "Gone", is_hidden=True)
    assert [department.name for department in open_departments(session)] == ["First", "Alpha", "Beta"]


def test_addressees_are_the_present_members_with_their_work(session: Session) -> None:
    a, b, hidden = (
        make_department(session),
        make_department(session),
        make_department(session, is_hidden=True),
    )
    busy = make_user(session, first_name="Ann", employee_of=[a], coordinator_of=[b])
    make_user(session, first_name="Bob", employee_of=[a], active=False)
    make_user(session, first_name="Cid")
    make_user(session, first_name="Fay", employee_of=[hidden])
    past, future = make_user(session, first_name="Dan"), make_user(session, first_name="Eve")
    now, hour = utcnow(), timedelta(hours=1)
    make_membership(session, past, a, Role.EMPLOYEE, valid_until=now - hour)
    make_membership(session, future, a, Role.EMPLOYEE, valid_from=now + hour)
    for _ in range(3):
        make_ticket(session, author=past, department=a, taken_by=busy)
    make_ticket(session, author=past, department=a)
    found = {(p.id, p.department_id, p.role, p.in_work) for p in addressees(session)}
    assert found == {(busy.id, a.id, "employee", 3), (busy.id, b.id, "coordinator", 3)}


def test_addressees_stand_by_name(session: Session) -> None:
    department = make_department(session)
    for name in ("Vera", "Anna", "Mila"):
        make_user(session, first_name=name, employee_of=[department])
    assert [person.full_name.split()[0] for person in addressees(session)] == ["Anna", "Mila", "Vera"]


def test_place_is_a_department_or_a_person_of_it(session: Session) -> None:
    a = make_department(session)
    person = make_user(session, employee_of=[a])
    assert resolve_placement(session, a.id, None) == (a.id, None)
    assert resolve_placement(session, a.id, person.id) == (a.id, person.id)
    assert resolve_placement(session, None, person.id) == (a.id, person.id)


def test_person_of_several_departments_needs_one_named(session: Session) -> None:
    a, b = make_department(session), make_department(session)
    person = make_user(session, employee_of=[a], coordinator_of=[b])
    with pytest.raises(Invalid) as error:
        resolve_placement(session, None, person.id)
    assert set(error.value.fields) == {"department_id"}
    assert resolve_placement(session, b.id, person.id) == (b.id, person.id)


@pytest.mark.parametrize("number", [0, -1, 987_654, 2**31, 2**80])
def test_impossible_numbers_are_refused(session: Session, number: int) -> None:
    a = make_department(session)
    for place, field in (((number, None), "department_id"), ((a.id, number), "assignee_id")):
        with pytest.raises(Invalid) as error:
            resolve_placement(session, *place)
        assert set(error.value.fields) == {field}


def test_nobody_outside_his_dates_or_disabled_is_sent_a_ticket(session: Session) -> None:
    a = make_department(session)
    hidden = make_department(session, is_hidden=True)
    gone, disabled = make_user(session), make_user(session, employee_of=[a], active=False)
    make_membership(session, gone, a, valid_until=utcnow() - timedelta(seconds=1))
    for department_id, person in ((a.id, gone), (a.id, disabled), (None, gone), (None, disabled)):
        with pytest.raises(Invalid):
            resolve_placement(session, department_id, person.id)
    with pytest.raises(Invalid):
        resolve_placement(session, hidden.id, None)
    with pytest.raises(Invalid):
        resolve_placement(session, None, None)


def test_nothing_is_sent_to_who_only_looks_on(session: Session) -> None:
    department, observer, trainee = make_department(session), make_user(session), make_user(session)
    looks, works = (make_role(session, sight="department", verbs=verbs) for verbs in ([], ["take"]))
    make_membership(session, observer, department, looks.key)
    make_membership(session, trainee, department, works.key)
    assert [one.id for one in addressees(session) if one.department_id == department.id] == [trainee.id]
    assert resolve_placement(session, department.id, trainee.id) == (department.id, trainee.id)
    with pytest.raises(Invalid):
        resolve_placement(session, department.id, observer.id)
