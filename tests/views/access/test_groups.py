"""The screen of the directory's groups: for administrators, with a real directory and every mistake told."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import queue
from app.security.permissions import STAFF_ROLE
from models import DirectorySource, GroupRole, JournalEntry, OutsideIdentity, SignInWay, Staff
from tests.support.domain import set_directory
from tests.support.factories import make_department, make_user
from tests.support.samba import DOMAIN, Samba
from tests.support.signing import sign_in

PAGE = "/access/groups/"
OLENA: dict[str, Any] = {
    "first_name": "Olena",
    "last_name": "K",
    "username": "olena",
    "email": "olena@firm.test",
    "active": "y",
    "locale": "uk",
}


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> FlaskClient:
    """An administrator's browser."""
    return sign_in(client, make_user(session, administrator=True))


def lines(session: Session) -> list[GroupRole]:
    """What is stored."""
    return list(session.scalars(select(GroupRole).order_by(GroupRole.id)))


def test_administrator_maps_groups_and_takes_lines_back(
    admin: FlaskClient, session: Session, samba: Samba
) -> None:
    set_directory(session, samba.settings(base=DOMAIN))
    desk = make_department(session, "Desk")
    staff = session.scalars(select(ScreenRole).where(ScreenRole.name == STAFF_ROLE)).one()
    for gives in (f"screens {staff.id}", f"place {desk.id} coordinator"):
        answer = admin.post(f"{PAGE}add", data={"group": "Surgeons", "gives": gives})
        assert (answer.status_code, answer.location) == (303, PAGE)
    stored = lines(session)
    assert {line.group_name for line in stored} == {"Surgeons"}
    assert queue("low").count == 2
    page = admin.get(PAGE).text
    for text in ("Surgeons", stored[0].group_dn, "Screens: Staff", "Desk: Coordinator"):
        assert text in page
    again = admin.post(f"{PAGE}add", data={"group": "Surgeons", "gives": f"place {desk.id} employee"})
    assert again.status_code == 422
    assert admin.post(f"{PAGE}{stored[0].id}/remove").status_code == 303
    assert admin.post(f"{PAGE}{stored[0].id}/remove").status_code == 404
    assert [line.department_id for line in lines(session)] == [desk.id]
    entries = [row for row in session.scalars(select(JournalEntry)) if row.kind == "groups.edited"]
    assert [(bool(row.old), bool(row.new)) for row in entries] == [
        (False, True),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("group", "gives"),
    [
        ("Nobody knows it", "place 1 employee"),
        ("", "place 1 employee"),
        ("Surgeons", ""),
        ("Surgeons", "place 1 king"),
        ("Surgeons", "place 999999 employee"),
        ("Surgeons", "screens 999999"),
        ("Surgeons", "screens 99999999999999999999"),
        ("*", "place 1 employee"),
    ],
)
def test_mistake_is_told_with_what_was_typed(
    admin: FlaskClient, session: Session, samba: Samba, group: str, gives: str
) -> None:
    set_directory(session, samba.settings())
    desk = make_department(session, "Desk")
    answer = admin.post(
        f"{PAGE}add", data={"group": group, "gives": gives.replace("place 1", f"place {desk.id}")}
    )
    assert answer.status_code == 422
    assert f'value="{group}"' in answer.text
    assert lines(session) == []


def test_without_a_directory_the_page_says_so(admin: FlaskClient, session: Session) -> None:
    desk = make_department(session, "Desk")
    assert admin.get(PAGE).status_code == 200
    answer = admin.post(f"{PAGE}add", data={"group": "Surgeons", "gives": f"place {desk.id} employee"})
    assert answer.status_code == 422


def test_accounts_are_created_only_when_ticked(admin: FlaskClient, session: Session, samba: Samba) -> None:
    set_directory(session, samba.settings())
    for data, expected in (({"creates_accounts": "1"}, True), ({}, False)):
        assert admin.post(f"{PAGE}accounts", data=data).status_code == 303
        assert session.scalars(select(DirectorySource.creates_accounts)).one() is expected


@pytest.mark.parametrize("who", ["nobody", "boss"])
def test_nobody_else_gets_in(client: FlaskClient, session: Session, who: str) -> None:
    if who == "boss":
        sign_in(client, make_user(session, coordinator_of=[make_department(session)]))
    expected = {"nobody": {302, 401}, "boss": {403}}[who]
    for method, path in (("GET", ""), ("POST", "add"), ("POST", "1/remove"), ("POST", "accounts")):
        assert client.open(f"{PAGE}{path}", method=method).status_code in expected, path


def new_user(admin: FlaskClient, session: Session, **more: Any) -> Staff | None:
    """Fill in the form of a new person."""
    staff = session.scalars(select(ScreenRole.id).where(ScreenRole.name == STAFF_ROLE)).one()
    data = {
        "first_name": "Olena",
        "last_name": "K",
        "username": "olena",
        "email": "o@firm.test",
        "active": "y",
    }
    admin.post("/users/add", data={**data, "locale": "uk", "roles": staff, **more})
    return session.scalars(select(Staff).where(Staff.username == "olena")).one_or_none()


def test_screen_of_people_shows_and_sets_how_each_signs_in(admin: FlaskClient, session: Session) -> None:
    assert new_user(admin, session, sign_in_way="local") is None
    made = new_user(admin, session, sign_in_way="domain")
    assert made is not None
    assert (made.sign_in_way, made.password) == (SignInWay.DOMAIN, "")
    made.directory_guid = "00000000-0000-0000-0000-000000000001"
    session.commit()
    page = admin.get("/users/list/").text
    assert "Domain" in page
    assert "Local account" in page
    data = {
        "first_name": "Olena",
        "last_name": "K",
        "username": "olena",
        "email": "o@firm.test",
        "locale": "uk",
    }
    data |= {"active": "y", "roles": str(made.roles[0].id), "sign_in_way": "local"}
    assert admin.post(f"/users/edit/{made.id}", data=data).status_code == 302
    session.refresh(made)
    assert made.sign_in_way == SignInWay.LOCAL
    assert made.directory_guid is None


def test_screen_of_people_gives_and_takes_the_way_by_a_service(admin: FlaskClient, session: Session) -> None:
    made = new_user(admin, session, sign_in_way="outside")
    assert made is not None
    assert (made.sign_in_way, made.password) == (SignInWay.OUTSIDE, "")
    number = made.id
    session.add(OutsideIdentity(user_id=number, issuer="oidc:https://id.example", subject="s-1"))
    data = {"first_name": "Olena", "last_name": "K", "username": "olena", "email": "o@firm.test"}
    data |= {"locale": "uk", "active": "y", "roles": str(made.roles[0].id)}
    for way, is_kept in (("outside", True), ("domain", False)):
        assert admin.post(f"/users/edit/{number}", data={**data, "sign_in_way": way}).status_code == 302
        assert (session.get(OutsideIdentity, number) is not None) is is_kept, way
