"""Every kind of person × every kind of ticket: exact sets, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound
from app.policy import (
    Actor,
    Standing,
    Verb,
    access_ticket,
    active_actors,
    can,
    can_somewhere,
    ensure_can,
    ensure_can_somewhere,
    load_actor,
    standings,
    viewers,
    visible_tickets,
)
from models import Membership, Role, Staff, Ticket
from tests.support.cast import ACTIVE, ALL, PEOPLE, VISIBLE, Cast, make_cast
from tests.support.factories import make_department, make_user


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


def test_everyone_sees_exactly_the_tickets_of_the_table(session: Session, cast: Cast) -> None:
    seen = {
        name: cast.names(
            ticket.id for ticket in session.scalars(visible_tickets(load_actor(session, cast.people[name])))
        )
        for name in ACTIVE
    }
    assert seen == {name: VISIBLE[name] for name in ACTIVE}


def test_everyone_opens_exactly_the_tickets_of_the_table(session: Session, cast: Cast) -> None:
    opened: dict[str, set[str]] = {}
    for name in ACTIVE:
        actor = load_actor(session, cast.people[name])
        opened[name] = set()
        for ticket_name, number in cast.tickets.items():
            try:
                assert access_ticket(session, number, actor=actor).id == number
            except NotFound:
                continue
            opened[name].add(ticket_name)
    assert opened == {name: VISIBLE[name] for name in ACTIVE}


def test_viewers_of_every_ticket_are_the_column_of_the_table(session: Session, cast: Cast) -> None:
    found = {
        name: cast.who(viewers(session, session.get_one(Ticket, number)))
        for name, number in cast.tickets.items()
    }
    assert found == {ticket: {who for who in PEOPLE if ticket in VISIBLE[who]} for ticket in ALL}


def test_viewers_of_two_places_are_those_of_either(session: Session, cast: Cast) -> None:
    both = [session.get_one(Ticket, cast.tickets[name]) for name in ("a_assignee", "b_by_worker_a")]
    found = cast.who(viewers(session, *both))
    assert found == {w for w in PEOPLE if VISIBLE[w] & {"a_assignee", "b_by_worker_a"}}
    assert viewers(session) == set()


def test_viewers_are_found_among_more_people_than_a_statement_has_parts(session: Session, cast: Cast) -> None:
    """SQLite takes 500 parts in a UNION; a firm may have more people than that."""
    crowd = [
        Staff(username=f"c{number}", first_name="C", last_name="C", email=f"c{number}@c.example", active=True)
        for number in range(600)
    ]
    session.add_all(crowd)
    session.flush()
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    session.add(Membership(user_id=crowd[0].id, department_id=ticket.department_id, role=Role.EMPLOYEE))
    session.flush()
    found = viewers(session, ticket)
    assert found & {one.id for one in crowd} == {crowd[0].id}
    assert cast.who(found - {crowd[0].id}) == {who for who in PEOPLE if "a_free" in VISIBLE[who]}


def test_disabled_person_is_no_actor(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        load_actor(session, cast.people["disabled"])
    assert cast.who(actor.id for actor in active_actors(session)) == set(ACTIVE)


def test_unknown_person_is_no_actor(session: Session) -> None:
    with pytest.raises(NotFound):
        load_actor(session, 987_654)


def test_stranger_cannot_tell_hidden_from_missing(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["stranger"])
    with pytest.raises(NotFound) as hidden:
        access_ticket(session, cast.tickets["a_free"], actor=actor)
    with pytest.raises(NotFound) as missing:
        access_ticket(session, 987_654, actor=actor)
    assert (hidden.value.message, hidden.value.details) == (missing.value.message, missing.value.details)


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**40])
def test_administrator_finds_nothing_under_an_impossible_number(session: Session, number: int) -> None:
    boss = make_user(session, administrator=True)
    with pytest.raises(NotFound):
        access_ticket(session, number, actor=load_actor(session, boss.id))


def test_actor_knows_his_roles_by_department(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["boss_b_worker_a"], address="10.0.0.7")
    assert actor.coordinates == {cast.departments["b"]}
    assert actor.works_in == {cast.departments["a"]}
    assert actor.departments == {cast.departments["a"], cast.departments["b"]}
    assert not actor.is_administrator
    assert actor.address == "10.0.0.7"


def test_administrator_through_a_group_is_an_administrator(session: Session) -> None:
    admin = session.scalars(select(ScreenRole).where(ScreenRole.name == "Admin")).one()
    user = make_user(session)
    group = Group(name="bosses", label="Bosses", description="")
    session.add(group)
    group.roles.append(admin)
    session.get_one(Staff, user.id).groups.append(group)
    session.commit()
    assert load_actor(session, user.id).is_administrator


@pytest.mark.parametrize(
    ("start", "end", "is_member"),
    [
        (None, None, True),
        (-1, None, True),
        (None, 1, True),
        (-1, 1, True),
        (1, None, False),
        (None, -1, False),
        (-2, -1, False),
        (1, 2, False),
    ],
)
def test_member_is_one_only_between_his_dates(
    session: Session, start: int | None, end: int | None, is_member: bool
) -> None:
    now = datetime.now(UTC)
    department, user = make_department(session), make_user(session)
    membership = Membership(
        user_id=user.id,
        department_id=department.id,
        role=Role.COORDINATOR,
        valid_from=None if start is None else now + timedelta(minutes=start),
        valid_until=None if end is None else now + timedelta(minutes=end),
    )
    session.add(membership)
    session.commit()
    assert load_actor(session, user.id).coordinates == ({department.id} if is_member else set())


WORK = {"take", "release", "transfer", "complete", "reopen", "comment"}
EVERYTHING = WORK | {
    "create", "archive", "restore", "edit", "set_priority", "plan", "see_statistics", "export",
    "edit_clients", "manage_clients",
}  # fmt: skip
MAY = {
    "administrator": EVERYTHING,
    "boss_a": EVERYTHING,
    "worker_a": WORK | {"create", "edit_clients"},
    "boss_b_worker_a": WORK | {"create", "edit_clients"},
    "worker_b": set(),
    "author": WORK | {"edit", "set_priority"},
    "stranger": set(),
    "expired_boss_a": set(),
}


@pytest.mark.parametrize("who", sorted(MAY))
def test_everyone_may_do_what_the_grid_says(session: Session, cast: Cast, who: str) -> None:
    actor = load_actor(session, cast.people[who])
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    assert {verb.value for verb in Verb if can(actor, verb, ticket)} == MAY[who]
    for verb in Verb:
        if verb.value in MAY[who]:
            ensure_can(actor, verb, ticket)
        else:
            with pytest.raises(Forbidden):
                ensure_can(actor, verb, ticket)


def test_assignee_without_a_role_works_on_his_ticket(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["assignee"])
    ticket = session.get_one(Ticket, cast.tickets["a_assignee"])
    assert {verb.value for verb in Verb if can(actor, verb, ticket)} == WORK


def test_person_may_hold_several_standings(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["worker_a"])
    own, named = (session.get_one(Ticket, cast.tickets[name]) for name in ("a_own", "a_named"))
    assert standings(actor, own) == {Standing.EMPLOYEE, Standing.AUTHOR}
    assert standings(actor, named) == {Standing.EMPLOYEE, Standing.ASSIGNEE}


@pytest.mark.parametrize(
    ("actor", "verbs"),
    [
        (Actor(id=1, is_administrator=True), EVERYTHING),
        (Actor(id=1, coordinates=frozenset({1})), EVERYTHING),
        (Actor(id=1, works_in=frozenset({1})), WORK | {"create", "edit_clients"}),
        (Actor(id=1, works_in=frozenset({1}), coordinates=frozenset({2})), EVERYTHING),
        (Actor(id=1), set()),
    ],
)
def test_everyone_may_somewhere_what_his_best_role_may(app: Flask, actor: Actor, verbs: set[str]) -> None:
    assert {verb.value for verb in Verb if can_somewhere(actor, verb)} == verbs
    with app.app_context():
        for verb in Verb:
            if verb.value in verbs:
                ensure_can_somewhere(actor, verb)
            else:
                with pytest.raises(Forbidden):
                    ensure_can_somewhere(actor, verb)
