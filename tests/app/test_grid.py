"""The grid as each process keeps it, and a role by itself."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.grid import DEFAULT, MOST_KEPT, Grid, Post, RoleRules, current_grid, grid_of, stamp_now
from models import Role, RoleException, RoleGridStamp, RoleVerb, Sight, Verb, WorkRole
from tests.support.factories import make_department, make_role
from tests.support.queries import count_queries

TAKE, COMMENT, PLAN = Verb.TAKE, Verb.COMMENT, Verb.PLAN


def test_exceptions_give_and_take_in_their_department_alone() -> None:
    role = RoleRules(
        "clerk",
        Sight.SHARED,
        verbs=frozenset({TAKE, COMMENT}),
        exceptions={1: {PLAN: True, TAKE: False, COMMENT: True}, 2: {PLAN: False}},
        sights={1: Sight.OWN},
    )
    assert role.post(1) == Post("clerk", Sight.OWN, verbs=frozenset({COMMENT, PLAN}))
    assert role.post(2) == role.post(3) == Post("clerk", Sight.SHARED, verbs=frozenset({TAKE, COMMENT}))


def test_role_has_the_special_moves_only_if_told_so() -> None:
    assert not Post("clerk", Sight.OWN).is_chief
    assert not RoleRules("clerk", Sight.OWN).post(1).is_chief
    assert RoleRules("clerk", Sight.OWN, is_chief=True).post(1).is_chief


def test_role_that_is_not_in_the_grid_is_worth_nothing() -> None:
    assert DEFAULT.post("ghost", 1) == Post("ghost", Sight.OWN, is_chief=False, verbs=frozenset())


def test_grid_as_delivered_is_that_of_the_rules() -> None:
    work = {"take", "release", "transfer", "complete", "reopen", "comment"}
    employee, coordinator = (DEFAULT.post(role, 1) for role in (Role.EMPLOYEE, Role.COORDINATOR))
    assert (employee.sight, employee.is_chief) == (Sight.SHARED, False)
    assert {verb.value for verb in employee.verbs} == work | {"create", "edit_clients"}
    assert coordinator == Post("coordinator", Sight.DEPARTMENT, is_chief=True, verbs=frozenset(Verb))


@pytest.mark.parametrize(
    ("kept", "name"),
    [(DEFAULT, "roles"), (DEFAULT.roles["employee"], "sight"), (DEFAULT.post("employee", 1), "verbs")],
)
def test_nobody_changes_a_grid_that_all_threads_share(kept: Any, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(kept, name, None)


def test_grid_is_read_once_for_a_stamp_and_the_oldest_is_forgotten(session: Session) -> None:
    stamps = [f"stamp {number}" for number in range(MOST_KEPT)]
    grids = [grid_of(session, stamp) for stamp in stamps]
    with count_queries() as sent:
        assert [grid_of(session, stamp) for stamp in stamps] == grids
    assert not sent, "eight grids are kept"
    newest = grid_of(session, "one more")
    with count_queries() as sent:
        assert [grid_of(session, stamp) for stamp in [*stamps[1:], "one more"]] == [*grids[1:], newest]
    assert not sent, "only the oldest has made room"
    with count_queries() as sent:
        grid_of(session, stamps[0])
    assert sent


def test_grid_is_kept_as_often_as_the_processes_need() -> None:
    assert MOST_KEPT == 8


@pytest.mark.parametrize("stamp", [None, ""])
def test_grid_without_a_stamp_is_never_kept(session: Session, stamp: str | None) -> None:
    assert grid_of(session, stamp).roles["employee"].sight == Sight.SHARED
    session.execute(update(WorkRole).where(WorkRole.key == "employee").values(sight="own"))
    assert grid_of(session, stamp).roles["employee"].sight == Sight.OWN


def test_stamp_is_that_of_the_one_row_alone(session: Session) -> None:
    session.execute(update(RoleGridStamp).where(RoleGridStamp.id == 1).values(stamp="the one"))
    assert session.scalar(select(stamp_now())) == "the one"
    session.add_all([RoleGridStamp(id=0, stamp="before it"), RoleGridStamp(id=2, stamp="after it")])
    session.execute(delete(RoleGridStamp).where(RoleGridStamp.id == 1))
    assert session.scalar(select(stamp_now())) is None
    assert current_grid(session).roles == DEFAULT.roles


def test_verb_of_another_release_is_none(session: Session) -> None:
    role, place = make_role(session, verbs=["take", "levitate"]), make_department(session)
    for verb, is_allowed in {"levitate": True, "plan": True, "take": False}.items():
        session.add(RoleException(role_id=role.id, department_id=place.id, verb=verb, is_allowed=is_allowed))
    session.flush()
    grid: Grid = grid_of(session, None)
    assert grid.post(role.key, place.id).verbs == {Verb.PLAN}
    assert grid.post(role.key, place.id + 1).verbs == {Verb.TAKE}
    assert session.query(RoleVerb).filter_by(role_id=role.id).count() == 2
