"""What the directory's groups give, at each sign-in and by night; never touching what a hand has given."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import ADMINISTRATOR_ROLE
from app.security.permissions import STAFF_ROLE
from app.services.group_grants import apply_groups, apply_to_everybody, standing
from app.services.group_roles import add_group_role, remove_group_role
from jobs import group_roles as jobs_of_groups
from models import Department, GroupRole, JournalEntry, Membership, Role, SignInWay, Staff
from tests.support.domain import PASSWORD, make_domain_user, new_person, set_directory, statuses
from tests.support.factories import actor_of, make_department, make_user
from tests.support.samba import Samba

IN, OUT = (302, 200), (401, 401)


@pytest.fixture
def desk(session: Session) -> Department:
    """A department."""
    return make_department(session, "Desk")


@pytest.fixture
def boss(session: Session) -> Staff:
    """A local administrator."""
    return make_user(session, administrator=True)


def screen_role(session: Session, name: str) -> ScreenRole:
    """A role of the screens, made if it is not there."""
    found = session.scalars(select(ScreenRole).where(ScreenRole.name == name)).first()
    if found is None:
        found = ScreenRole(name=name)
        session.add(found)
        session.flush()
    return found


def give(session: Session, group: str, *, role: ScreenRole | None = None, place: Department | None = None,
         as_: Role = Role.EMPLOYEE) -> GroupRole:  # fmt: skip
    """A line of the mapping, past the directory."""
    line = GroupRole(
        group_guid=group,
        group_name=group,
        group_dn=f"CN={group}",
        screen_role_id=role.id if role else None,
        department_id=place.id if place else None,
        role=as_ if place else None,
    )
    session.add(line)
    session.flush()
    return line


def places(session: Session, user: Staff) -> list[str]:
    """His memberships in words."""
    return standing(session, user)["memberships"]


def test_group_gives_and_takes_and_the_journal_knows_both(session: Session, desk: Department) -> None:
    user = make_user(session)
    give(session, "g1", role=screen_role(session, "Statistics"))
    give(session, "g2", place=desk, as_=Role.COORDINATOR)
    assert apply_groups(session, user, {"g1", "g2", "other"})
    assert standing(session, user) == {
        "roles": [STAFF_ROLE, "Statistics"],
        "memberships": ["Desk: coordinator"],
    }
    assert not apply_groups(session, user, {"g1", "g2"})
    assert apply_groups(session, user, {"g2"})
    assert apply_groups(session, user, set())
    assert standing(session, user) == {"roles": [STAFF_ROLE], "memberships": []}
    rows = list(session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.GROUPS_APPLIED)))
    assert [row.subject for row in rows] == [f"user {user.id}"] * 3
    assert rows[1].old == {"roles": [STAFF_ROLE, "Statistics"]}
    assert rows[1].new == {"roles": [STAFF_ROLE]}


def test_what_a_hand_has_given_stays(session: Session, desk: Department) -> None:
    user = make_user(session, employee_of=[desk])
    give(session, "g", role=screen_role(session, STAFF_ROLE))
    give(session, "g", place=desk, as_=Role.COORDINATOR)
    assert not apply_groups(session, user, {"g"})
    assert not apply_groups(session, user, set())
    assert standing(session, user) == {"roles": [STAFF_ROLE], "memberships": ["Desk: employee"]}


def test_what_a_hand_has_edited_afterwards_is_the_hands(session: Session, desk: Department) -> None:
    user = make_user(session)
    give(session, "g", place=desk)
    apply_groups(session, user, {"g"})
    session.scalars(select(Membership).where(Membership.user_id == user.id)).one().role = Role.COORDINATOR
    session.flush()
    for groups in ({"g"}, set()):
        apply_groups(session, user, groups)
        assert places(session, user) == ["Desk: coordinator"]


def test_membership_deleted_by_hand_comes_back_while_the_group_gives_it(
    session: Session, desk: Department
) -> None:
    user = make_user(session)
    give(session, "g", place=desk)
    apply_groups(session, user, {"g"})
    session.delete(session.scalars(select(Membership).where(Membership.user_id == user.id)).one())
    session.flush()
    apply_groups(session, user, {"g"})
    assert places(session, user) == ["Desk: employee"]
    apply_groups(session, user, set())
    assert places(session, user) == []


def test_of_two_groups_the_higher_role_counts_and_changes_are_followed(
    session: Session, desk: Department
) -> None:
    user = make_user(session)
    give(session, "low", place=desk)
    give(session, "high", place=desk, as_=Role.COORDINATOR)
    for groups, expected in (({"low"}, "employee"), ({"low", "high"}, "coordinator"), ({"low"}, "employee")):
        apply_groups(session, user, groups)
        assert places(session, user) == [f"Desk: {expected}"]


def test_last_administrator_is_never_taken_away(session: Session) -> None:
    user = make_user(session)
    give(session, "admins", role=screen_role(session, ADMINISTRATOR_ROLE))
    apply_groups(session, user, {"admins"})
    make_user(session, administrator=True, active=False)
    apply_groups(session, user, set())
    assert ADMINISTRATOR_ROLE in standing(session, user)["roles"]
    make_user(session, administrator=True)
    apply_groups(session, user, set())
    assert ADMINISTRATOR_ROLE not in standing(session, user)["roles"]


def test_groups_are_followed_at_each_sign_in(
    client: FlaskClient, session: Session, samba: Samba, boss: Staff, desk: Department
) -> None:
    set_directory(session, samba.settings())
    person = new_person(samba)
    user = make_domain_user(session, person)
    inner = samba.add_group(f"In {person.login}", [])
    outer = samba.add_group(f"Out {person.login}", [inner])
    line = add_group_role(
        session, group=outer, gives=f"place {desk.id} coordinator", actor=actor_of(session, boss)
    )
    assert (line.group_guid, line.group_name) == (samba.guid(outer), f"Out {person.login}")
    for change, expected in ((samba.join, ["Desk: coordinator"]), (samba.leave, [])):
        change(inner, person.dn)
        assert statuses(client, person.login, "wrong") == OUT
        before = places(session, user)
        assert statuses(client, person.login, PASSWORD) == IN
        assert (places(session, user), places(session, user) != before) == (expected, True)


def test_member_of_a_mapped_group_gets_an_account_only_if_that_is_wanted(
    client: FlaskClient, session: Session, samba: Samba, boss: Staff, desk: Department
) -> None:
    source = set_directory(session, samba.settings())
    person, stranger = new_person(samba), new_person(samba)
    group = samba.add_group(f"Staff {person.login}", [person.dn])
    add_group_role(session, group=group, gives=f"place {desk.id} employee", actor=actor_of(session, boss))
    assert statuses(client, person.login, PASSWORD) == OUT
    source.creates_accounts = True
    session.commit()
    assert statuses(client, person.login, "wrong") == OUT
    assert statuses(client, stranger.login, PASSWORD) == OUT
    assert statuses(client, person.login, PASSWORD) == IN
    made = session.scalars(select(Staff).where(Staff.username == person.login)).one()
    assert (made.first_name, made.last_name, made.email) == ("Олена", "Шевченко", f"{person.login}@firm.test")
    assert (made.sign_in_way, made.directory_guid) == (SignInWay.DOMAIN, samba.guid(person.dn))
    assert standing(session, made) == {"roles": [STAFF_ROLE], "memberships": ["Desk: employee"]}
    assert not made.password


def test_night_brings_everybody_in_line(
    session: Session, samba: Samba, boss: Staff, desk: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = set_directory(session, samba.settings(), hour=3)
    people = [new_person(samba) for _number in range(3)]
    users = [make_domain_user(session, one, directory_guid=samba.guid(one.dn)) for one in people]
    group = samba.add_group(f"Night {people[0].login}", [one.dn for one in people])
    gives = f"place {desk.id} employee"
    line = add_group_role(session, group=group, gives=gives, actor=actor_of(session, boss))
    assert apply_to_everybody(session) == 3
    samba.leave(group, people[0].dn)
    samba.disable(people[1].dn)
    monkeypatch.setattr(jobs_of_groups, "local_hour", lambda: 4)
    assert jobs_of_groups.apply_groups_by_night("2026-11-24T04") == 0
    monkeypatch.setattr(jobs_of_groups, "local_hour", lambda: source.hour)
    assert jobs_of_groups.apply_groups_by_night("2026-11-25T03") == 2
    assert jobs_of_groups.apply_groups_by_night("2026-11-25T03") == 0
    assert [places(session, user) for user in users] == [[], [], ["Desk: employee"]]
    remove_group_role(session, line.id, actor=actor_of(session, boss))
    session.commit()
    assert jobs_of_groups.apply_groups_now() == 1
    assert places(session, users[2]) == []


def test_directory_that_cannot_be_read_takes_nothing_from_anybody(
    session: Session, samba: Samba, desk: Department
) -> None:
    source = set_directory(session, samba.settings())
    person = new_person(samba)
    user = make_domain_user(session, person, directory_guid=samba.guid(person.dn))
    give(session, samba.guid(samba.add_group(f"Gone {person.login}", [person.dn])), place=desk)
    assert apply_to_everybody(session) == 1
    source.settings = {**source.settings, "port": 9}
    session.commit()
    assert jobs_of_groups.apply_groups_now() == 0
    assert places(session, user) == ["Desk: employee"]
