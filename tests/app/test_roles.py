"""Roles as administrators make them: what they may, how far they see, at once and in every process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import actors
from app.grid import DEFAULT, current_grid
from app.notify.recipients import addressees_of
from app.policy import (
    Actor,
    Standing,
    Verb,
    can,
    can_somewhere,
    grounds,
    is_chief,
    load_actor,
    viewers,
    visible_tickets,
)
from app.services.roles import (
    DepartmentValues,
    RoleValues,
    edit_exceptions,
    edit_role,
    role_labels,
)
from app.workflow import allowed_moves
from models import Department, RoleGridStamp, Sight, Staff, Ticket, WorkRole
from tests.support.cast import Cast, Hold
from tests.support.factories import actor_of, make_membership, make_role, make_user
from tests.support.queries import count_queries


def seen(session: Session, cast: Cast, user_id: int) -> set[str]:
    """The tickets that a person sees, by name."""
    actor = load_actor(session, user_id)
    return cast.names(ticket.id for ticket in session.scalars(visible_tickets(actor)))


def role_of(session: Session, key: str) -> WorkRole:
    """A role by its key."""
    return session.scalars(select(WorkRole).where(WorkRole.key == key)).one()


def values_of(role: WorkRole, **changed: Any) -> RoleValues:
    """What holds for a role, with something changed."""
    verbs = frozenset(row.verb for row in role.verbs)
    return RoleValues(
        **{"name": role.name, "sight": role.sight, "is_chief": role.is_chief, "verbs": verbs, **changed}
    )


def test_tables_hold_the_grid_as_delivered(session: Session) -> None:
    assert current_grid(session).roles == DEFAULT.roles
    assert list(role_labels(session)) == ["employee", "coordinator"]


@pytest.mark.parametrize(
    ("sight", "what"),
    [
        (
            Sight.DEPARTMENT,
            {"free", "own", "mine", "other", "done", "archived"}
            | {"named", "both", "assignee", "named_archived"},
        ),
        (Sight.SHARED, {"free", "own", "mine", "other", "done", "archived"}),
        (Sight.OWN, set()),
    ],
)
def test_own_role_sees_as_far_as_it_was_told(
    session: Session, cast: Cast, hold: Hold, sight: Sight, what: set[str]
) -> None:
    user_id = hold(make_role(session, sight=sight))
    assert seen(session, cast, user_id) == {f"a_{name}" for name in what}
    named = session.get_one(Ticket, cast.tickets["a_named"])
    assert (user_id in viewers(session, named)) == (sight == Sight.DEPARTMENT)


def test_observer_sees_all_and_does_nothing(session: Session, cast: Cast, hold: Hold) -> None:
    actor = load_actor(session, hold(make_role(session, sight=Sight.DEPARTMENT)))
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    assert {verb for verb in Verb if can(actor, verb, ticket) or can_somewhere(actor, verb)} == set()
    assert allowed_moves(actor, ticket) == ()
    assert actor.id not in addressees_of(session, ticket), "who only looks on is not called to work"


def test_role_may_exactly_what_it_was_given(session: Session, cast: Cast, hold: Hold) -> None:
    actor = load_actor(session, hold(make_role(session, sight=Sight.SHARED, verbs=["take", "comment"])))
    here, there = (session.get_one(Ticket, cast.tickets[name]) for name in ("a_free", "b_free"))
    assert {verb for verb in Verb if can(actor, verb, here)} == {Verb.TAKE, Verb.COMMENT}
    assert not any(can(actor, verb, there) for verb in Verb)
    assert grounds(actor, Verb.TAKE, here) == {Standing.EMPLOYEE}
    assert actor.id in addressees_of(session, here)
    assert not is_chief(actor, here)


def test_own_role_with_the_special_moves_acts_for_others(session: Session, cast: Cast, hold: Hold) -> None:
    verbs = ["release", "transfer"]
    chief = load_actor(session, hold(make_role(session, sight=Sight.SHARED, verbs=verbs, is_chief=True)))
    plain = load_actor(session, hold(make_role(session, sight=Sight.SHARED, verbs=verbs)))
    ticket = session.get_one(Ticket, cast.tickets["a_other"])
    assert allowed_moves(chief, ticket) == (Verb.RELEASE, Verb.TRANSFER)
    assert allowed_moves(plain, ticket) == ()
    assert grounds(chief, Verb.RELEASE, ticket) == {Standing.COORDINATOR}


def test_author_keeps_his_part_whatever_his_role(session: Session, cast: Cast) -> None:
    author = session.get_one(Staff, cast.people["author"])
    make_membership(
        session, author, session.get_one(Department, cast.departments["a"]), make_role(session).key
    )
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    actor = load_actor(session, author.id)
    assert grounds(actor, Verb.EDIT, ticket) == {Standing.AUTHOR}
    assert not can(actor, Verb.ARCHIVE, ticket)


def test_exception_holds_in_its_department_alone(session: Session, cast: Cast, boss: Actor) -> None:
    employee, a = role_of(session, "employee"), cast.departments["a"]
    values = DepartmentValues(Sight.DEPARTMENT, {"take": False, "archive": True})
    felt = edit_exceptions(session, employee.id, a, values, actor=boss)
    assert cast.people["worker_a"] in felt
    assert cast.people["boss_a"] not in felt
    both = load_actor(session, cast.people["both"])
    here, there = (session.get_one(Ticket, cast.tickets[name]) for name in ("a_free", "b_free"))
    assert [can(both, verb, here) for verb in (Verb.TAKE, Verb.ARCHIVE, Verb.COMMENT)] == [False, True, True]
    assert [can(both, verb, there) for verb in (Verb.TAKE, Verb.ARCHIVE, Verb.COMMENT)] == [True, False, True]
    assert "a_named" in seen(session, cast, both.id)
    edit_exceptions(session, employee.id, a, DepartmentValues(), actor=boss)
    assert "a_named" not in seen(session, cast, both.id)
    assert can(load_actor(session, both.id), Verb.TAKE, here)


def test_coordinator_who_sees_less_sees_less(session: Session, cast: Cast, boss: Actor) -> None:
    coordinator = role_of(session, "coordinator")
    edit_role(session, coordinator.id, values_of(coordinator, sight=Sight.SHARED), actor=boss)
    assert "a_named" not in seen(session, cast, cast.people["boss_a"])
    assert load_actor(session, cast.people["boss_a"]).coordinates == {cast.departments["a"]}


def test_change_acts_at_the_next_look_and_costs_no_statement(
    session: Session, cast: Cast, boss: Actor
) -> None:
    worker = cast.people["worker_a"]
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    assert can(load_actor(session, worker), Verb.TAKE, ticket)
    employee = role_of(session, "employee")
    verbs = values_of(employee).verbs - {"take"}
    assert worker in edit_role(session, employee.id, values_of(employee, verbs=verbs), actor=boss)
    assert not can(load_actor(session, worker), Verb.TAKE, ticket)
    with count_queries() as sent:
        load_actor(session, worker)
    assert len(sent) == 1, sent


def test_grid_that_was_rolled_back_leaves_nothing_behind(session: Session, cast: Cast, boss: Actor) -> None:
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    with session.begin_nested() as attempt:
        employee = role_of(session, "employee")
        edit_role(session, employee.id, values_of(employee, verbs=frozenset()), actor=boss)
        assert not can(load_actor(session, cast.people["worker_a"]), Verb.TAKE, ticket)
        attempt.rollback()
    assert can(load_actor(session, cast.people["worker_a"]), Verb.TAKE, ticket)


def test_grid_without_a_stamp_is_read_each_time(session: Session, cast: Cast) -> None:
    session.execute(update(RoleGridStamp).values(stamp=""))
    session.execute(update(WorkRole).where(WorkRole.key == "employee").values(sight="own"))
    assert seen(session, cast, cast.people["worker_b"]) == set()


def test_membership_of_a_role_that_is_not_there_is_nothing(session: Session, cast: Cast, hold: Hold) -> None:
    user_id = hold("ghost")
    actor = load_actor(session, user_id)
    assert seen(session, cast, user_id) == set()
    assert not any(can_somewhere(actor, verb) for verb in Verb)


def test_substitute_is_head_until_friday_and_no_longer(
    session: Session, cast: Cast, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    friday = datetime.now(UTC) + timedelta(days=3)
    monday = datetime.now(UTC) + timedelta(days=1)
    user_id = hold("coordinator", valid_from=monday, valid_until=friday)
    second = timedelta(seconds=1)
    heads = []
    for clock in (monday - second, monday, friday - second, friday):
        monkeypatch.setattr(actors, "utcnow", lambda clock=clock: clock)
        named = session.get_one(Ticket, cast.tickets["a_named"])
        actor = load_actor(session, user_id)
        assert (user_id in viewers(session, named)) == is_chief(actor, named)
        heads.append(is_chief(actor, named))
    assert heads == [False, True, True, False]


def test_actor_by_hand_has_the_roles_as_delivered(session: Session) -> None:
    by_hand = Actor(id=1, coordinates=frozenset({1}), works_in=frozenset({2}))
    assert (by_hand.sees_all_of, by_hand.sees_shared_of) == ([1], [2])
    assert by_hand.with_posts({}).posts == {}
    person = make_user(session)
    assert actor_of(session, person).posts == {}
