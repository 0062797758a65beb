"""Every way of changing somebody's rights: his open pages are told after the commit, the journal knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, PermissionView
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from flask_jwt_extended import create_access_token
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify import popup
from app.security.permissions import STAFF_ROLE
from app.security.sessions import SEAL, seal_of
from models import Department, JournalEntry, Membership, Staff, WorkRole
from tests.support.factories import make_department, make_membership, make_user
from tests.support.signing import sign_in

API = "/api/v1/security"


@dataclass
class Desk:
    """An administrator's browser and script, the person he changes, and what hangs on that person."""

    client: FlaskClient
    session: Session
    boss: Staff
    person: Staff
    place: Membership
    role: ScreenRole
    group: Group
    felt: list[int]
    headers: dict[str, str] = field(default_factory=dict)

    def api(self, method: str, path: str, **body: Any) -> None:
        """A call of FAB's own API."""
        answer = self.client.open(f"{API}/{path}", method=method, json=body, headers=self.headers)
        assert answer.status_code in (200, 201), answer.text

    def form(self, path: str, **fields: Any) -> None:
        """A form of a screen."""
        answer = self.client.post(path, data=fields)
        assert answer.status_code in (302, 303), answer.text


@pytest.fixture
def desk(client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk; the group holds the role and the person is in the group."""
    boss, person = make_user(session, "boss", administrator=True), make_user(session, "person")
    place = make_membership(session, person, make_department(session))
    role = ScreenRole(name="Readers")
    group = Group(name="night", label="Night", description="")
    session.add_all([role, group])
    group.roles.append(role)
    person.groups.append(group)
    session.commit()
    felt: list[int] = []
    monkeypatch.setattr(popup, "reconnect", felt.append)
    token = create_access_token(str(boss.id), fresh=True, additional_claims={SEAL: seal_of(boss)})
    head = {"Authorization": f"Bearer {token}"}
    sign_in(client, boss)
    felt.clear()
    return Desk(client, session, boss, person, place, role, group, felt, head)


def _user_form(desk: Desk, **changed: Any) -> dict[str, Any]:
    person = desk.person
    values = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "email": person.email,
        "locale": person.locale,
        "active": "y",
        "roles": [one.id for one in person.roles],
        "groups": [desk.group.id],
    }
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def _any_permission(desk: Desk) -> int:
    return int(desk.session.scalars(select(PermissionView.id).limit(1)).one())


def _staff(desk: Desk) -> int:
    return int(desk.session.scalars(select(ScreenRole.id).where(ScreenRole.name == STAFF_ROLE)).one())


def _matrix(desk: Desk, role: str, was: str) -> None:
    key = f"{desk.person.id}.{desk.place.department_id}"
    desk.form("/access/save", **{f"r.{key}": role, f"w.{key}": was})


def _grid(desk: Desk, department_id: int | None, **fields: str) -> None:
    address = f"/access/roles/?department={department_id or ''}"
    html = desk.client.get(address).text
    stamp = html.partition('name="stamp" value="')[2].partition('"')[0]
    number = desk.session.scalars(select(WorkRole.id).where(WorkRole.key == "employee")).one()
    more = {"department": department_id} if department_id else {}
    sent = {f"{name}.{number}": value for name, value in fields.items()}
    desk.form("/access/roles/", stamp=stamp, **more, **sent)


# what is done, and the beginning of the subject under which the journal keeps it
WAYS: dict[str, tuple[Callable[[Desk], None], str]] = {
    "matrix": (lambda d: _matrix(d, "coordinator", "employee||"), "staff "),
    "matrix takes away": (lambda d: _matrix(d, "", "employee||"), "staff "),
    "role everywhere": (lambda d: _grid(d, None, sight="own"), "role employee"),
    "role in a department": (lambda d: _grid(d, d.place.department_id, sight="own"), "role employee"),
    "membership screen": (
        lambda d: d.form(
            f"/memberships/edit/{d.place.id}",
            user=d.person.id,
            department=d.place.department_id,
            role="coordinator",
        ),
        "membership ",
    ),
    "membership given to another": (
        lambda d: d.form(
            f"/memberships/edit/{d.place.id}",
            user=d.boss.id,
            department=d.place.department_id,
            role="employee",
        ),
        "membership ",
    ),
    "new membership": (
        lambda d: d.form(
            "/memberships/add",
            user=d.person.id,
            department=make_department(d.session).id,
            role="employee",
        ),
        "membership ",
    ),
    "membership deleted": (lambda d: d.form(f"/memberships/delete/{d.place.id}"), "membership "),
    "user screen, roles": (
        lambda d: d.form(f"/users/edit/{d.person.id}", **_user_form(d, roles=[_staff(d), d.role.id])),
        "user ",
    ),
    "user screen, groups": (
        lambda d: d.form(f"/users/edit/{d.person.id}", **_user_form(d, groups=None)),
        "user ",
    ),
    "user screen, disabled": (
        lambda d: d.form(f"/users/edit/{d.person.id}", **_user_form(d, active=None)),
        "user ",
    ),
    "group screen, roles": (
        lambda d: d.form(
            f"/groups/edit/{d.group.id}", name="night", label="Night", users=[d.person.id], roles=[_staff(d)]
        ),
        "group ",
    ),
    "group screen, people": (
        lambda d: d.form(f"/groups/edit/{d.group.id}", name="night", label="Night", roles=[d.role.id]),
        "group ",
    ),
    "group deleted": (lambda d: d.form(f"/groups/delete/{d.group.id}"), "group "),
    "role screen, permissions": (
        lambda d: d.form(f"/roles/edit/{d.role.id}", name="Readers", permissions=[_any_permission(d)]),
        "role ",
    ),
    "API, user's roles": (lambda d: d.api("PUT", f"users/{d.person.id}", roles=[d.role.id]), "user "),
    "API, user's groups": (
        lambda d: d.api("PUT", f"users/{d.person.id}", groups=[], roles=[_staff(d)]),
        "user ",
    ),
    "API, disabled": (lambda d: d.api("PUT", f"users/{d.person.id}", active=False), "user "),
    "API, role's people": (
        lambda d: d.api("PUT", f"roles/{d.role.id}/users", user_ids=[d.person.id]),
        "role ",
    ),
    "API, role's groups": (lambda d: d.api("PUT", f"roles/{d.role.id}/groups", group_ids=[]), "role "),
    "API, role's permissions": (
        lambda d: d.api(
            "POST", f"roles/{d.role.id}/permissions", permission_view_menu_ids=[_any_permission(d)]
        ),
        "role ",
    ),
    "API, role's name": (lambda d: d.api("PUT", f"roles/{d.role.id}", name="Lookers"), "role "),
    "API, role deleted": (lambda d: d.api("DELETE", f"roles/{d.role.id}"), "role "),
    "API, group's people": (lambda d: d.api("PUT", f"groups/{d.group.id}", users=[]), "group "),
    "API, group's roles": (lambda d: d.api("PUT", f"groups/{d.group.id}", roles=[]), "group "),
    "API, new group": (
        lambda d: d.api("POST", "groups/", name="day", label="Day", users=[d.person.id], roles=[d.role.id]),
        "group ",
    ),
    "API, group deleted": (lambda d: d.api("DELETE", f"groups/{d.group.id}"), "group "),
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_changed_feels_it_and_the_journal_keeps_before_and_after(desk: Desk, way: str) -> None:
    change, subject = WAYS[way]
    seen = set(desk.session.scalars(select(JournalEntry.id)))
    number = desk.person.id
    change(desk)
    assert number in desk.felt, "an open page is told"
    entries = [one for one in desk.session.scalars(select(JournalEntry)) if one.id not in seen]
    mine = [one for one in entries if one.subject.startswith(subject)]
    assert mine, [one.subject for one in entries]
    assert mine[-1].actor_id == desk.boss.id
    assert mine[-1].old != mine[-1].new


def test_membership_given_to_another_is_felt_by_both(desk: Desk) -> None:
    WAYS["membership given to another"][0](desk)
    assert set(desk.felt) == {desk.person.id, desk.boss.id}


def test_api_journals_all_of_one_change(desk: Desk) -> None:
    desk.api("PUT", f"users/{desk.person.id}", active=False, roles=[desk.role.id])
    entry = desk.session.scalars(
        select(JournalEntry).where(JournalEntry.subject == f"user {desk.person.id}")
    ).one()
    assert (entry.old["active"], entry.new["active"]) == (True, False)
    assert (entry.old["roles"], entry.new["roles"]) == ([STAFF_ROLE], ["Readers"])


def test_api_journals_who_got_a_role(desk: Desk) -> None:
    desk.api("PUT", f"roles/{desk.role.id}/users", user_ids=[desk.person.id])
    entry = desk.session.scalars(
        select(JournalEntry).where(JournalEntry.subject == f"role {desk.role.id}")
    ).one()
    assert (entry.old, entry.new) == ({"users": []}, {"users": [desk.person.username]})


def test_a_rename_of_a_department_is_felt_by_nobody(desk: Desk) -> None:
    department = desk.session.get_one(Department, desk.place.department_id)
    desk.form(f"/departments/edit/{department.id}", name="Another", position=1)
    assert desk.felt == []


@pytest.mark.parametrize("resource", ["resources", "permissions-resources"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_names_of_the_screens_are_changed_by_nobody(desk: Desk, resource: str, method: str) -> None:
    path = f"{API}/{resource}/" + ("" if method == "POST" else "1")
    before = desk.session.execute(select(PermissionView.id, PermissionView.view_menu_id)).all()
    answer = desk.client.open(path, method=method, json={"name": "x"}, headers=desk.headers)
    assert answer.status_code == 405
    assert "/roles/list/" in answer.text
    assert desk.session.execute(select(PermissionView.id, PermissionView.view_menu_id)).all() == before
    assert desk.client.get(f"{API}/{resource}/1", headers=desk.headers).status_code == 200
