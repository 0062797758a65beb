"""The last administrator stays one, whatever is clicked on FAB's screens; every change is journalled."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from flask_jwt_extended import create_access_token
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify import popup
from app.policy import active_actors
from app.security.permissions import STAFF_ROLE
from app.security.sessions import SEAL, seal_of
from models import JournalEntry, Staff
from tests.support.factories import make_department, make_membership, make_role, make_user
from tests.support.signing import sign_in


@pytest.fixture
def last(session: Session) -> Staff:
    """The only administrator."""
    person = make_user(session, "last", administrator=True)
    session.commit()
    return person


@pytest.fixture
def desk(client: FlaskClient, last: Staff) -> FlaskClient:
    """His browser."""
    return sign_in(client, last)


def role(session: Session, name: str) -> ScreenRole:
    """A set of screens."""
    return session.scalars(select(ScreenRole).where(ScreenRole.name == name)).one()


def form(person: Staff, roles: list[ScreenRole], **changed: Any) -> dict[str, Any]:
    """The form of a person as it is sent."""
    values = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "email": person.email,
        "locale": person.locale,
        "active": "y",
        "roles": [one.id for one in roles],
    }
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def administrators(session: Session) -> list[int]:
    """Who can administer now."""
    return [actor.id for actor in active_actors(session) if actor.is_administrator]


def test_last_administrator_cannot_disable_or_demote_himself(
    desk: FlaskClient, session: Session, last: Staff
) -> None:
    number, admin, staff = last.id, role(session, "Admin"), role(session, STAFF_ROLE)
    for sent in (form(last, [admin], active=None), form(last, [staff])):
        answer = desk.post(f"/users/edit/{number}", data=sent, follow_redirects=True)
        assert "Nobody could administer the helpdesk any more" in answer.text
        assert administrators(session) == [number]


def test_last_administrator_is_not_deleted_nor_his_role_renamed(
    desk: FlaskClient, session: Session, last: Staff
) -> None:
    admin = role(session, "Admin").id
    desk.post(f"/users/delete/{last.id}")
    desk.post(f"/roles/delete/{admin}")
    desk.post(f"/roles/edit/{admin}", data={"name": "Bosses"})
    assert administrators(session) == [last.id]


def test_administrator_by_a_group_alone_keeps_his_group(
    desk: FlaskClient, session: Session, last: Staff
) -> None:
    group = Group(name="bosses", label="Bosses", description="")
    session.add(group)
    group.roles.append(role(session, "Admin"))
    session.get_one(Staff, last.id).groups.append(group)
    session.get_one(Staff, last.id).roles = []
    session.commit()
    assert administrators(session) == [last.id]
    sent = {"name": "bosses", "label": "Bosses"}
    answer = desk.post(f"/groups/edit/{group.id}", data=sent, follow_redirects=True)
    assert "Nobody could administer the helpdesk any more" in answer.text
    desk.post(f"/groups/delete/{group.id}")
    assert administrators(session) == [last.id]


def test_one_of_two_administrators_may_go_and_it_is_journalled_and_felt(
    desk: FlaskClient, session: Session, last: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    felt: list[int] = []
    monkeypatch.setattr(popup, "reconnect", felt.append)
    other = make_user(session, "other", administrator=True)
    answer = desk.post(f"/users/edit/{other.id}", data=form(other, [role(session, STAFF_ROLE)]))
    assert answer.status_code == 302
    assert administrators(session) == [last.id]
    assert felt == [other.id]
    entry = session.scalars(select(JournalEntry).where(JournalEntry.subject == f"user {other.id}")).one()
    assert (entry.old["roles"], entry.new["roles"]) == (["Admin"], [STAFF_ROLE])


def test_membership_screen_offers_own_roles_and_is_felt(
    desk: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    felt: list[int] = []
    monkeypatch.setattr(popup, "reconnect", felt.append)
    own, person = make_role(session, "Observer"), make_user(session)
    place = make_membership(session, person, make_department(session))
    assert "Observer" in desk.get("/memberships/add").text
    sent = {"user": person.id, "department": place.department_id, "role": own.key}
    assert desk.post(f"/memberships/edit/{place.id}", data=sent).status_code == 302
    assert place.role == own.key
    assert felt == [person.id]
    assert "Observer" in desk.get("/memberships/list/").text
    assert desk.post(f"/memberships/edit/{place.id}", data={**sent, "role": "wizard"}).status_code == 200
    assert place.role == own.key


def test_api_is_no_way_round_the_last_administrator(
    client: FlaskClient, session: Session, last: Staff
) -> None:
    token = create_access_token(str(last.id), fresh=True, additional_claims={SEAL: seal_of(last)})
    head = {"Authorization": f"Bearer {token}"}
    admin, staff = role(session, "Admin").id, role(session, STAFF_ROLE).id
    number = last.id
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("DELETE", f"users/{number}", {}),
        ("PUT", f"users/{number}", {"active": False}),
        ("PUT", f"users/{number}", {"roles": [staff]}),
        ("PUT", f"roles/{admin}", {"name": "Bosses"}),
        ("PUT", f"roles/{admin}/users", {"user_ids": []}),
        ("DELETE", f"roles/{admin}", {}),
    ]
    for method, path, body in tries:
        answer = client.open(f"/api/v1/security/{path}", method=method, json=body, headers=head)
        assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text)
        assert administrators(session) == [number], path
    other = make_user(session, "other", administrator=True)
    sent = {"roles": [staff]}
    answer = client.put(f"/api/v1/security/users/{other.id}", json=sent, headers=head)
    assert answer.status_code == 200
    assert administrators(session) == [number]
