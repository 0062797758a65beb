"""The grid of roles as the rules read it: what a role is in one department.

Each process keeps the grid by its stamp. The stamp is read anew with every actor, in the same statement, and
changes with the grid in one transaction: no process ever goes by an old grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from models import Role, RoleException, RoleGridStamp, RoleSight, RoleVerb, Sight, Verb, WorkRole

MOST_KEPT = 8
_kept: dict[str, Grid] = {}  # never changed, only replaced: threads read it meanwhile


@dataclass(frozen=True)
class Post:
    """What a person is in one department: his role there, how far it sees, what it may do."""

    role: str
    sight: Sight
    is_chief: bool = False
    verbs: frozenset[Verb] = frozenset()


@dataclass(frozen=True)
class RoleRules:
    """A role: what holds in every department, and the exceptions of single ones."""

    key: str
    sight: Sight
    is_chief: bool = False
    verbs: frozenset[Verb] = frozenset()
    exceptions: Mapping[int, Mapping[Verb, bool]] = field(default_factory=dict)
    sights: Mapping[int, Sight] = field(default_factory=dict)

    def post(self, department_id: int) -> Post:
        """The role as it is in this department."""
        exceptions = self.exceptions.get(department_id, {})
        given = {verb for verb, is_allowed in exceptions.items() if is_allowed}
        taken = {verb for verb, is_allowed in exceptions.items() if not is_allowed}
        sight = self.sights.get(department_id, self.sight)
        return Post(self.key, sight, self.is_chief, (self.verbs | given) - taken)


@dataclass(frozen=True)
class Grid:
    """All roles by key."""

    roles: Mapping[str, RoleRules]

    def post(self, role: str, department_id: int) -> Post:
        """What a membership is worth; a role that is not in the grid is worth nothing."""
        rules = self.roles.get(role)
        return rules.post(department_id) if rules else Post(role, Sight.OWN)


_WORK = frozenset({Verb.TAKE, Verb.RELEASE, Verb.TRANSFER, Verb.COMPLETE, Verb.REOPEN, Verb.COMMENT})
# As delivered (ARCHITECTURE, section 2); the migration writes the same into the tables.
DEFAULT = Grid(
    {
        Role.EMPLOYEE: RoleRules(
            Role.EMPLOYEE, Sight.SHARED, verbs=frozenset({*_WORK, Verb.CREATE, Verb.EDIT_CLIENTS})
        ),
        Role.COORDINATOR: RoleRules(Role.COORDINATOR, Sight.DEPARTMENT, is_chief=True, verbs=frozenset(Verb)),
    }
)


def stamp_now() -> ScalarSelect[str]:
    """The stamp as a column of any statement."""
    return select(RoleGridStamp.stamp).where(RoleGridStamp.id == 1).scalar_subquery()


def grid_of(session: Session, stamp: str | None) -> Grid:
    """The grid that has this stamp: from memory, or else from the tables."""
    global _kept
    if not stamp:
        return _read(session)
    grid = _kept.get(stamp)
    if grid is None:
        grid = _read(session)
        _kept = dict([*_kept.items(), (stamp, grid)][-MOST_KEPT:])
    return grid


def current_grid(session: Session) -> Grid:
    """The grid as it is now."""
    return grid_of(session, session.scalar(select(stamp_now())))


def _read(session: Session) -> Grid:
    known = {verb.value for verb in Verb}  # a verb of another release is none
    verbs: dict[int, set[Verb]] = {}
    for role_id, verb in session.execute(select(RoleVerb.role_id, RoleVerb.verb)):
        if verb in known:
            verbs.setdefault(role_id, set()).add(Verb(verb))
    exceptions: dict[int, dict[int, dict[Verb, bool]]] = {}
    for row in session.execute(select(*RoleException.__table__.columns)):
        if row.verb in known:
            places = exceptions.setdefault(row.role_id, {})
            places.setdefault(row.department_id, {})[Verb(row.verb)] = bool(row.is_allowed)
    sights: dict[int, dict[int, Sight]] = {}
    for row in session.execute(select(*RoleSight.__table__.columns)):
        sights.setdefault(row.role_id, {})[row.department_id] = Sight(row.sight)
    columns: Any = (WorkRole.id, WorkRole.key, WorkRole.sight, WorkRole.is_chief)
    return Grid(
        {
            row.key: RoleRules(
                row.key,
                Sight(row.sight),
                bool(row.is_chief),
                frozenset(verbs.get(row.id, ())),
                exceptions.get(row.id, {}),
                sights.get(row.id, {}),
            )
            for row in session.execute(select(*columns))
        }
    )
