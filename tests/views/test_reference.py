"""FAB's screens of reference data: what administrators keep, journalled, and what may not go."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.policy import Actor
from app.services.white_list import NewRules, add_rules
from models import (
    Client,
    Department,
    GroupRole,
    InvitationRule,
    JournalEntry,
    Membership,
    Role,
    Staff,
    Ticket,
    Topic,
    Unit,
    utcnow,
)
from tests.support.factories import (
    make_client,
    make_department,
    make_membership,
    make_ticket,
    make_topic,
    make_unit,
    make_user,
)
from tests.support.signing import sign_in

SCREENS = ("departments", "memberships", "topics", "units", "clients-admin", "users")


@pytest.fixture
def administrator(session: Session) -> Staff:
    return make_user(session, administrator=True)


@pytest.fixture
def admin(client: FlaskClient, administrator: Staff) -> FlaskClient:
    return sign_in(client, administrator)


def entries(session: Session, kind: str) -> list[JournalEntry]:
    return list(session.scalars(select(JournalEntry).where(JournalEntry.kind == kind)))


@pytest.mark.parametrize("screen", SCREENS)
def test_administrator_opens_every_screen(admin: FlaskClient, session: Session, screen: str) -> None:
    person, department = make_user(session), make_department(session)
    make_membership(session, person, department)
    rows: dict[str, Any] = {
        "departments": department,
        "memberships": session.scalars(select(Membership)).one(),
        "topics": make_topic(session),
        "units": make_unit(session),
        "clients-admin": make_client(session),
        "users": person,
    }
    number = rows[screen].id
    assert admin.get(f"/{screen}/list/").status_code == 200
    assert admin.get(f"/{screen}/show/{number}").status_code == 200
    expected = 302 if screen == "clients-admin" else 200
    assert admin.get(f"/{screen}/add").status_code == expected
    assert admin.get(f"/{screen}/edit/{number}").status_code == expected


@pytest.mark.parametrize("screen", SCREENS)
def test_coordinator_and_stranger_do_not_get_in(
    client: FlaskClient, session: Session, administrator: Staff, screen: str
) -> None:
    assert client.get(f"/{screen}/list/").status_code == 302
    boss = make_user(session, coordinator_of=[make_department(session)])
    sign_in(client, boss)
    for method, path in (
        ("GET", "list/"),
        ("GET", "add"),
        ("POST", "add"),
        ("POST", "delete/1"),
        ("GET", "edit/1"),
    ):
        assert client.open(f"/{screen}/{path}", method=method).status_code in (403, 405), path


def test_administrator_keeps_departments_and_the_journal_knows(
    admin: FlaskClient, session: Session, administrator: Staff
) -> None:
    answer = admin.post("/departments/add", data={"name": "Networks", "short_name": "Net", "position": "3"})
    assert answer.status_code == 302
    department = session.scalars(select(Department)).one()
    created = entries(session, "reference.created")[0]
    assert (created.actor_id, created.subject) == (administrator.id, f"department {department.id}")
    assert created.new["name"] == "Networks"
    data = {"name": "Net and phones", "short_name": "Net", "position": "3"}
    admin.post(f"/departments/edit/{department.id}", data=data)
    edited = entries(session, "reference.edited")[0]
    assert (edited.old, edited.new) == ({"name": "Networks"}, {"name": "Net and phones"})
    number = department.id
    admin.post(f"/departments/delete/{number}")
    assert session.get(Department, number) is None
    assert entries(session, "reference.deleted")[0].old["name"] == "Net and phones"


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b", "a\x07b"])
def test_wrong_name_is_told_and_nothing_is_saved(admin: FlaskClient, session: Session, name: str) -> None:
    answer = admin.post("/departments/add", data={"name": name, "short_name": "", "position": "0"})
    assert answer.status_code == 200
    assert "is-invalid" in answer.text or "aria-invalid" in answer.text
    assert session.scalar(select(func.count()).select_from(Department)) == 0


def test_the_same_name_twice_is_refused(admin: FlaskClient, session: Session) -> None:
    make_unit(session, name="Accounting")
    answer = admin.post("/units/add", data={"name": "Accounting"})
    assert answer.status_code == 200
    assert session.scalar(select(func.count()).select_from(Unit)) == 1


def test_membership_is_saved_with_its_dates(admin: FlaskClient, session: Session) -> None:
    person, department = make_user(session), make_department(session)
    data = {
        "user": person.id,
        "department": department.id,
        "role": "coordinator",
        "valid_from": "2026-11-01T08:00",
        "valid_until": "2026-12-01T08:00",
    }
    assert admin.post("/memberships/add", data=data).status_code == 302
    membership = session.scalars(select(Membership)).one()
    assert membership.role == Role.COORDINATOR
    assert membership.valid_until is not None
    # eight in Kyiv is six in UTC
    assert membership.valid_until.hour == 6


def test_membership_must_make_sense(admin: FlaskClient, session: Session) -> None:
    person, department = make_user(session), make_department(session)
    base = {"user": person.id, "department": department.id, "role": "employee"}
    backwards = {**base, "valid_from": "2026-12-01T08:00", "valid_until": "2026-11-01T08:00"}
    answer = admin.post("/memberships/add", data=backwards)
    assert "must be later than the beginning" in answer.text
    assert admin.post("/memberships/add", data={**base, "role": "king"}).status_code == 200
    assert session.scalar(select(func.count()).select_from(Membership)) == 0
    assert admin.post("/memberships/add", data=base).status_code == 302
    again = admin.post("/memberships/add", data=base)
    assert "stands in this department already" in again.text
    number = session.scalars(select(Membership.id)).one()
    changed = admin.post(f"/memberships/edit/{number}", data={**base, "role": "coordinator"})
    assert changed.status_code == 302
    assert session.get_one(Membership, number).role == "coordinator"


def test_what_is_in_use_is_not_deleted_and_the_reason_is_told(
    admin: FlaskClient, session: Session, administrator: Staff
) -> None:
    department, unit = make_department(session), make_unit(session)
    topic = make_topic(session)
    person = make_user(session, employee_of=[department])
    client = make_client(session, unit_id=unit.id)
    make_ticket(session, author=person, department=department, client=client, topic=topic)
    reasons = {
        f"/departments/delete/{department.id}": ("1 ticket", "1 person", "Hide it instead"),
        f"/topics/delete/{topic.id}": ("1 ticket", "merge"),
        f"/units/delete/{unit.id}": ("1 client", "merge"),
        f"/users/delete/{person.id}": ("1 ticket", "Disable the account instead"),
    }
    for url, words in reasons.items():
        page = admin.post(url, follow_redirects=True).text
        assert all(word in page for word in words), url
    assert session.get(Department, department.id)
    assert session.get(Topic, topic.id)
    assert session.get(Unit, unit.id)
    assert session.get(Staff, person.id)


def test_department_that_the_white_list_or_a_group_names_is_not_deleted(
    admin: FlaskClient, session: Session, administrator: Staff
) -> None:
    listed, given, free = make_department(session), make_department(session), make_department(session)
    add_rules(
        session,
        NewRules("olena, ivan", listed.id, Role.EMPLOYEE),
        actor=Actor(administrator.id, is_administrator=True),
    )
    revoked = InvitationRule(pattern="oleh", department_id=free.id, role=Role.EMPLOYEE, revoked_at=utcnow())
    group = GroupRole(
        group_guid="g", group_name="g", group_dn="CN=g", department_id=given.id, role=Role.EMPLOYEE
    )
    session.add_all([revoked, group])
    session.commit()
    words = {listed.id: "2 lines of the white list", given.id: "1 group of the directory"}
    for number, word in words.items():
        page = admin.post(f"/departments/delete/{number}", follow_redirects=True).text
        assert word in page
        assert session.get(Department, number)
    number = free.id
    admin.post(f"/departments/delete/{number}")
    assert session.get(Department, number) is None, "a line that was taken back keeps nobody"
    assert len(session.scalars(select(InvitationRule)).all()) == 2


def test_merging_topics_moves_the_tickets(admin: FlaskClient, session: Session) -> None:
    kept, double = make_topic(session, name="Printer"), make_topic(session, name="Printers")
    kept_id, double_id = kept.id, double.id
    author = make_user(session)
    ticket = make_ticket(session, author=author, department=make_department(session), topic=double)
    number = ticket.id
    chosen = admin.post("/topics/action_post", data={"action": "merge", "rowid": [kept_id, double_id]})
    assert chosen.status_code == 302
    assert "Printers" in admin.get(chosen.location).text
    data = {"id": [kept_id, double_id], "target": kept_id}
    assert admin.post("/topics/merge", data=data).status_code == 302
    assert session.get_one(Ticket, number).topic_id == kept_id
    assert session.get(Topic, double_id) is None
    assert entries(session, "reference.deleted")[0].new == {"merged_into": kept_id, "moved": 1}


def test_merging_units_moves_the_clients(admin: FlaskClient, session: Session) -> None:
    kept, double = make_unit(session), make_unit(session)
    kept_id, double_id = kept.id, double.id
    number = make_client(session, unit_id=double_id).id
    admin.post("/units/merge", data={"id": [double_id], "target": kept_id})
    assert session.get_one(Client, number).unit_id == kept_id
    gone = admin.post("/units/merge", data={"id": [double_id], "target": kept_id})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "show/abc",
        "show/99999999999999999999",
        "show/0",
        "edit/x",
        "list/?page_DepartmentView=x",
        "list/?psize_DepartmentView=1000000",
        "list/?psize_DepartmentView=-1",
        "list/?psize_DepartmentView=0",
        "list/?_flt_9_is_hidden=1",
        "list/?_oc_DepartmentView=id&_od_DepartmentView=asc",
    ],
)
def test_nonsense_in_an_address_is_nothing_here(admin: FlaskClient, path: str) -> None:
    assert admin.get(f"/departments/{path}").status_code == 404


def test_a_filter_on_a_column_that_is_not_listed_is_left_out(admin: FlaskClient, session: Session) -> None:
    make_department(session, name="Networks")
    assert "Networks" in admin.get("/departments/list/?_flt_0_id=2000").text


def test_new_person_is_saved_without_the_password_in_the_journal(
    admin: FlaskClient, session: Session
) -> None:
    from flask_appbuilder.security.sqla.models import Role as ScreenRole

    role = session.scalars(select(ScreenRole).where(ScreenRole.name == "Staff")).one()
    data = {
        "first_name": "Ira",
        "last_name": "Koval",
        "username": "ira",
        "active": "y",
        "email": "ira@corp.example",
        "locale": "ru",
        "roles": [role.id],
        "password": "a long one 12",
        "conf_password": "a long one 12",
    }
    assert admin.post("/users/add", data=data).status_code == 302
    person = session.scalars(select(Staff).where(Staff.username == "ira")).one()
    assert person.locale == "ru"
    entry = entries(session, "reference.created")[0]
    assert "password" not in entry.new
    assert person.password not in str(entry.new)
