"""Making, changing and deleting roles: who may, what is refused, what the journal says."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind
from app.policy import Actor, load_actor
from app.services.roles import (
    DepartmentValues,
    RoleValues,
    add_role,
    delete_role,
    edit_exceptions,
    edit_role,
    ensure_seen,
    list_roles,
    role_labels,
)
from models import JournalEntry, Membership, RoleGridStamp, Sight, WorkRole
from tests.support.cast import Cast, Hold


def role_of(session: Session, key: str) -> WorkRole:
    """A role by its key."""
    return session.scalars(select(WorkRole).where(WorkRole.key == key)).one()


def values_of(role: WorkRole, **changed: Any) -> RoleValues:
    """What holds for a role, with something changed."""
    verbs = frozenset(row.verb for row in role.verbs)
    return RoleValues(
        **{"name": role.name, "sight": role.sight, "is_chief": role.is_chief, "verbs": verbs, **changed}
    )


def test_administrator_makes_changes_and_deletes_a_role(session: Session, boss: Actor, hold: Hold) -> None:
    role = add_role(session, RoleValues("Стажист", Sight.SHARED, verbs=frozenset({"comment"})), actor=boss)
    assert (role.key, role.is_builtin) == ("stazhyst", False)
    assert list(role_labels(session).values())[-1] == "Стажист"
    edit_role(session, role.id, values_of(role, name="Учень", verbs=frozenset({"take"})), actor=boss)
    user_id = hold(role)
    with pytest.raises(Invalid):
        delete_role(session, role.id, actor=boss)
    session.execute(update(Membership).where(Membership.user_id == user_id).values(role="employee"))
    delete_role(session, role.id, actor=boss)
    entries = session.scalars(
        select(JournalEntry).where(JournalEntry.kind == Kind.ROLE_CHANGED).order_by(JournalEntry.id)
    ).all()
    assert [(entry.actor_id, entry.subject) for entry in entries] == [(boss.id, "role stazhyst")] * 3
    assert (entries[0].old, entries[0].new["verbs"]) == ({}, ["comment"])
    assert entries[1].old == {"name": "Стажист", "verbs": ["comment"]}
    assert entries[1].new == {"name": "Учень", "verbs": ["take"]}
    assert (entries[2].old["name"], entries[2].new) == ("Учень", {})


def test_exception_is_journalled_with_before_and_after(session: Session, cast: Cast, boss: Actor) -> None:
    role, a = role_of(session, "employee"), cast.departments["a"]
    edit_exceptions(session, role.id, a, DepartmentValues("", {"take": False}), actor=boss)
    edit_exceptions(session, role.id, a, DepartmentValues("", {"take": False}), actor=boss)
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.ROLE_CHANGED)).one()
    assert (entry.old, entry.new) == ({"department_id": a}, {"department_id": a, "take": False})


def test_nothing_changed_is_nothing_journalled(session: Session, boss: Actor) -> None:
    role = role_of(session, "employee")
    assert edit_role(session, role.id, values_of(role), actor=boss) == set()
    assert not session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.ROLE_CHANGED)).all()


@pytest.mark.parametrize(
    "values",
    [
        RoleValues(""),
        RoleValues("Coordinator"),
        RoleValues("x" * 61),
        RoleValues("Trainee", sight="everything"),
        RoleValues("Trainee", verbs=frozenset({"fly"})),
    ],
)
def test_role_that_makes_no_sense_is_refused(session: Session, boss: Actor, values: RoleValues) -> None:
    with pytest.raises(Invalid):
        add_role(session, values, actor=boss)
    assert len(list_roles(session)) == 2


def test_two_roles_of_like_names_have_keys_of_their_own(session: Session, boss: Actor) -> None:
    keys = {
        add_role(session, RoleValues(name), actor=boss).key for name in ("Стажист!", "Стажист?", "???", "中")
    }
    assert keys == {"stazhyst", "stazhyst_2", "role", "role_2"}


def test_builtin_role_stays_and_keeps_its_special_moves(session: Session, boss: Actor) -> None:
    role = role_of(session, "employee")
    with pytest.raises(Invalid):
        delete_role(session, role.id, actor=boss)
    edit_role(session, role.id, values_of(role, is_chief=True), actor=boss)
    assert not role.is_chief


def test_nobody_but_administrators_touches_roles(session: Session, cast: Cast) -> None:
    head, role = load_actor(session, cast.people["boss_a"]), role_of(session, "employee")
    for attempt in (
        lambda: add_role(session, RoleValues("x"), actor=head),
        lambda: edit_role(session, role.id, RoleValues(), actor=head),
        lambda: edit_exceptions(session, role.id, cast.departments["a"], DepartmentValues(), actor=head),
        lambda: delete_role(session, role.id, actor=head),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_wrong_numbers_and_an_old_page_are_refused(session: Session, cast: Cast, boss: Actor) -> None:
    with pytest.raises(NotFound):
        edit_role(session, 10**6, RoleValues(), actor=boss)
    role = role_of(session, "employee")
    with pytest.raises(NotFound):
        edit_exceptions(session, role.id, 10**6, DepartmentValues(), actor=boss)
    with pytest.raises(Invalid):
        edit_exceptions(
            session, role.id, cast.departments["a"], DepartmentValues("", {"fly": True}), actor=boss
        )
    with pytest.raises(Conflict):
        ensure_seen(session, "an older one")
    ensure_seen(session, session.scalar(select(RoleGridStamp.stamp)) or "")
