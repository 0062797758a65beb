"""Who acts: administrators, dates and departments to the letter."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask_appbuilder.security.sqla.models import Group
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.grid import DEFAULT
from app.policy import (
    Actor,
    Standing,
    Verb,
    access_ticket,
    active_actors,
    current_membership,
    grounds,
    is_chief,
    load_actor,
    standings,
    viewers,
)
from models import Department, Membership, Staff
from tests.support.factories import make_department, make_membership, make_ticket, make_user

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Place:
    """Where a ticket stands, with no database around it."""

    author_id: int
    assignee_id: int | None
    department_id: int


def give(session: Session, user: Staff, role: ScreenRole, *, through: Group | None) -> None:
    """A role of screens, by itself or through a group."""
    if through is None:
        session.get_one(Staff, user.id).roles.append(role)
    else:
        through.roles.append(role)
        session.get_one(Staff, user.id).groups = [through]
    session.flush()


def screen_role(session: Session, name: str, **values: int) -> ScreenRole:
    """A role of screens."""
    role = ScreenRole(name=name, **values)
    session.add(role)
    session.flush()
    return role


def new_group(session: Session, name: str) -> Group:
    """A group of people without any role."""
    group = Group(name=name, label=name, description="")
    session.add(group)
    session.flush()
    return group


@pytest.mark.parametrize("in_group", [False, True])
@pytest.mark.parametrize("name", ["Adm", "Admin 2", "Administrator", "admin"])
def test_holder_of_a_role_with_a_like_name_is_no_administrator(
    session: Session, name: str, in_group: bool
) -> None:
    user, group = make_user(session), new_group(session, "likes") if in_group else None
    give(session, user, screen_role(session, name), through=group)
    lowest = session.scalar(select(func.min(ScreenRole.id))) or 0
    give(session, user, screen_role(session, f"{name} below", id=lowest - 1), through=group)
    make_user(session, administrator=True)
    assert not load_actor(session, user.id).is_administrator


def test_member_of_another_group_is_no_administrator(session: Session) -> None:
    admin = session.scalars(select(ScreenRole).where(ScreenRole.name == "Admin")).one()
    below, bosses, above = (new_group(session, name) for name in ("below", "bosses", "above"))
    boss, *others = (make_user(session) for _ in range(3))
    give(session, boss, admin, through=bosses)
    for user, group in zip(others, (below, above), strict=True):
        give(session, user, screen_role(session, f"Of {group.name}"), through=group)
    session.expire_all()
    assert load_actor(session, boss.id).is_administrator
    assert [load_actor(session, user.id).is_administrator for user in others] == [False, False]


def test_everyone_has_his_own_posts_and_no_others(session: Session) -> None:
    a, b, c = (make_department(session) for _ in range(3))
    first, second, third = (make_user(session) for _ in range(3))
    boss = make_user(session, administrator=True)
    last = make_user(session)
    make_membership(session, second, b)
    make_membership(session, second, c, "coordinator")
    make_membership(session, first, a)
    found = {actor.id: actor for actor in active_actors(session)}
    assert {user.id: found[user.id].departments for user in (first, second, third, boss, last)} == {
        first.id: {a.id},
        second.id: {b.id, c.id},
        third.id: set(),
        boss.id: set(),
        last.id: set(),
    }
    assert [who for who in (first, second, third, boss, last) if found[who.id].is_administrator] == [boss]
    assert found[second.id] == load_actor(session, second.id)


@pytest.mark.parametrize("number", [0, -1])
def test_number_of_nobody_is_not_taken_for_somebody(session: Session, number: int) -> None:
    make_user(session)
    with pytest.raises(NotFound):
        load_actor(session, number)


@pytest.mark.parametrize(
    ("start", "end", "is_member"),
    [
        (NOON, None, True),
        (NOON + SECOND, None, False),
        (None, NOON, False),
        (None, NOON + SECOND, True),
        (NOON - SECOND, NOON, False),
        (NOON - SECOND, NOON + SECOND, True),
        (NOON, NOON + SECOND, True),
    ],
)
def test_membership_begins_at_its_moment_and_is_over_at_its_end(
    session: Session, start: datetime | None, end: datetime | None, is_member: bool
) -> None:
    department: Department = make_department(session)
    make_membership(session, make_user(session), department, valid_from=start, valid_until=end)
    found = session.scalars(
        select(Membership).where(Membership.department_id == department.id, current_membership(NOON))
    ).all()
    assert bool(found) == is_member


def test_nobody_is_administrator_unless_told_so() -> None:
    assert not Actor(id=1).is_administrator


def test_actor_is_the_same_for_a_whole_request() -> None:
    actor = Actor(id=1, posts={1: DEFAULT.post("employee", 1)})
    with pytest.raises(FrozenInstanceError):
        actor.is_administrator = True  # type: ignore[misc]  # just what must not work
    assert len({actor, Actor(id=1, posts={1: DEFAULT.post("employee", 1)})}) == 1


def test_posts_stand_above_the_roles_as_delivered() -> None:
    actor = Actor(id=1, coordinates=frozenset({2}), posts={1: DEFAULT.post("employee", 1)})
    assert not actor.coordinates
    assert actor.works_in == actor.departments == {1}


# numbers beyond the few that Python keeps one object of
ME, SOMEONE, HERE, ELSEWHERE = 70_000, 70_001, 80_000, 80_001


@pytest.mark.parametrize(
    ("author", "assignee", "expected"),
    [
        (ME, None, {Standing.AUTHOR}),
        (SOMEONE, ME, {Standing.ASSIGNEE}),
        (ME, ME, {Standing.AUTHOR, Standing.ASSIGNEE}),
        (ME - 1, ME - 1, set()),
        (ME + 1, ME + 1, set()),
        (SOMEONE, None, set()),
    ],
)
def test_person_is_author_or_assignee_by_his_number(
    author: int, assignee: int | None, expected: set[Standing]
) -> None:
    same = {number: int(str(number)) for number in (author, assignee) if number}
    place = Place(same[author], same[assignee] if assignee else None, HERE)
    assert standings(Actor(id=ME, works_in=frozenset({ELSEWHERE})), place) == expected


def test_grounds_are_the_part_or_the_role_that_allows_it() -> None:
    actor = Actor(id=ME, works_in=frozenset({HERE}))
    own, strange = Place(ME, None, HERE), Place(SOMEONE, ME, ELSEWHERE)
    assert grounds(actor, Verb.TAKE, own) == {Standing.AUTHOR, Standing.EMPLOYEE}
    assert grounds(actor, Verb.EDIT, own) == {Standing.AUTHOR}
    assert grounds(actor, Verb.EDIT_CLIENTS, own) == {Standing.EMPLOYEE}
    assert grounds(actor, Verb.TAKE, strange) == {Standing.ASSIGNEE}
    assert grounds(actor, Verb.EDIT, strange) == frozenset()


def test_chief_is_the_coordinator_of_that_department_or_an_administrator() -> None:
    place = Place(ME, ME, HERE)
    assert is_chief(Actor(id=1, is_administrator=True), place)
    assert is_chief(Actor(id=1, coordinates=frozenset({HERE})), place)
    assert not is_chief(Actor(id=ME, works_in=frozenset({HERE}), coordinates=frozenset({ELSEWHERE})), place)


def test_actor_and_address_are_always_named(session: Session) -> None:
    ticket = make_ticket(session, author=make_user(session), department=make_department(session))
    with pytest.raises(TypeError, match="positional"):
        load_actor(session, ticket.author_id, "10.0.0.7")  # type: ignore[call-arg]  # just what must not work
    actor = load_actor(session, user_id=ticket.author_id, address="10.0.0.7")
    with pytest.raises(TypeError, match="positional"):
        access_ticket(session, ticket.id, actor)  # type: ignore[call-arg]  # just what must not work
    assert access_ticket(session, ticket_id=ticket.id, actor=actor) == ticket


@pytest.mark.database("sqlite", reason="PostgreSQL keeps no such number")
def test_number_beyond_all_tickets_is_hidden_on_every_database(session: Session) -> None:
    author, department = make_user(session), make_department(session)
    last = make_ticket(session, author=author, department=department, id=2**31 - 1)
    beyond = make_ticket(session, author=author, department=department, id=2**31)
    actor = load_actor(session, author.id)
    assert access_ticket(session, last.id, actor=actor) == last
    with pytest.raises(NotFound):
        access_ticket(session, beyond.id, actor=actor)


def test_firm_of_which_nobody_is_active_has_no_viewers(session: Session) -> None:
    author = make_user(session, active=False)
    ticket = make_ticket(session, author=author, department=make_department(session))
    assert viewers(session, ticket) == set()
    make_user(session, administrator=True)
    assert viewers(session) == set()
