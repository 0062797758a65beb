"""The roles of the grid: what each may do and how far it sees, everywhere and in single departments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, current_membership
from app.services.role_keys import key_of
from app.services.rows import find_row
from app.services.typed import clean_text
from models import (
    Department,
    Membership,
    Role,
    RoleException,
    RoleGridStamp,
    RoleSight,
    RoleVerb,
    Sight,
    Verb,
    WorkRole,
)

NAME_LENGTH = 60
MOST_ROLES = 20


@dataclass(frozen=True)
class RoleValues:
    """What holds for a role in every department."""

    name: str = ""
    sight: str = Sight.OWN
    is_chief: bool = False
    verbs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DepartmentValues:
    """What holds for a role in one department alone; what is not named is as everywhere."""

    sight: str = ""
    verbs: Mapping[str, bool] = field(default_factory=dict)


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden unless he is an administrator: only they say who may what."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators change who may do what."))


def list_roles(session: Session) -> list[WorkRole]:
    """All roles in their order, with their verbs."""
    query = select(WorkRole).options(selectinload(WorkRole.verbs))
    return list(session.scalars(query.order_by(WorkRole.position, WorkRole.id)))


def role_label(role: WorkRole) -> str:
    """The role's name; of a built-in one in the reader's language, unless it was renamed."""
    words = {Role.EMPLOYEE: _("Employee"), Role.COORDINATOR: _("Coordinator")}
    return role.name or str(words.get(Role(role.key), role.key)) if role.is_builtin else role.name


def role_labels(session: Session) -> dict[str, str]:
    """The names of all roles by key, in their order."""
    return {role.key: role_label(role) for role in list_roles(session)}


def holders(session: Session, key: str) -> set[int]:
    """Ids of those who hold the role somewhere now."""
    query = select(Membership.user_id).where(Membership.role == key, current_membership())
    return set(session.scalars(query))


def held_counts(session: Session, department_id: int | None = None) -> dict[str, int]:
    """How many people hold each role now, somewhere or in one department."""
    query = select(Membership.role, func.count(Membership.user_id.distinct())).where(current_membership())
    if department_id is not None:
        query = query.where(Membership.department_id == department_id)
    return {str(key): number for key, number in session.execute(query.group_by(Membership.role))}


def department_values(session: Session, role: WorkRole, department_id: int) -> DepartmentValues:
    """The exceptions of a role in one department."""
    sight = session.get(RoleSight, (role.id, department_id))
    rows = session.scalars(
        select(RoleException).where(
            RoleException.role_id == role.id, RoleException.department_id == department_id
        )
    )
    return DepartmentValues(sight.sight if sight else "", {row.verb: row.is_allowed for row in rows})


# --------------------------------------------------------------------------------------- changes


def add_role(session: Session, values: RoleValues, *, actor: Actor) -> WorkRole:
    """A new role; its key, which never changes, is made of its name. Raises Invalid naming the field."""
    ensure_administrator(actor)
    renew_stamp(session)
    roles = list_roles(session)
    if len(roles) >= MOST_ROLES:
        raise Invalid(_("There are %(number)s roles already: delete one first.", number=MOST_ROLES))
    name = _checked(session, values)
    if not name:
        raise Invalid(fields={"name": _("Give the role a name.")})
    role = WorkRole(
        key=key_of(name, {role.key for role in roles}),
        name=name,
        position=1 + max((role.position for role in roles), default=0),
    )
    session.add(role)
    _write(session, role, values, name)
    _record(session, role, actor=actor, old={}, new=_picture(role))
    return role


def edit_role(session: Session, role_id: int, values: RoleValues, *, actor: Actor) -> set[int]:
    """Change what holds in every department. A built-in role keeps its special moves, or its lack of them.

    Returns the ids of those whose rights changed; after the commit their pages must be told.
    """
    ensure_administrator(actor)
    renew_stamp(session)
    role = access_role(session, role_id)
    name = _checked(session, values, role)
    if not name and not role.is_builtin:
        raise Invalid(fields={"name": _("Give the role a name.")})
    old = _picture(role)
    _write(session, role, values, name)
    new = _picture(role)
    _record(session, role, actor=actor, old=old, new=new)
    return holders(session, role.key) if old != new else set()


def edit_exceptions(
    session: Session, role_id: int, department_id: int, values: DepartmentValues, *, actor: Actor
) -> set[int]:
    """Change what holds for a role in one department alone. Returns as :func:`edit_role` does."""
    ensure_administrator(actor)
    renew_stamp(session)
    role = access_role(session, role_id)
    if find_row(session, Department, department_id) is None:
        raise NotFound(_("There is no such department."))
    if (values.sight and values.sight not in set(Sight)) or set(values.verbs) - set(Verb):
        raise Invalid(_("The request makes no sense as it was sent."))
    old = department_values(session, role, department_id)
    for table in (RoleException, RoleSight):
        here: Any = (table.role_id == role.id, table.department_id == department_id)
        session.execute(delete(table).where(*here).execution_options(synchronize_session="fetch"))
    place = {"role_id": role.id, "department_id": department_id}
    session.add_all(
        RoleException(**place, verb=verb, is_allowed=is_allowed) for verb, is_allowed in values.verbs.items()
    )
    if values.sight:
        session.add(RoleSight(**place, sight=values.sight))
    session.flush()
    if old == values:
        return set()
    told = [{"department_id": department_id, "sight": one.sight, **one.verbs} for one in (old, values)]
    _record(session, role, actor=actor, old=told[0], new=told[1])
    return holders(session, role.key)


def delete_role(session: Session, role_id: int, *, actor: Actor) -> None:
    """Delete a role that nobody holds, not even later. Raises Invalid for a built-in or held one."""
    ensure_administrator(actor)
    renew_stamp(session)
    role = access_role(session, role_id)
    if role.is_builtin:
        raise Invalid(_("This role is always there: take its rights away instead."))
    held = session.scalar(select(func.count()).where(Membership.role == role.key)) or 0
    if held:
        raise Invalid(
            _("People hold this role (%(number)s): give them another first.", number=held),
        )
    old, subject = _picture(role), f"role {role.key}"
    session.delete(role)
    session.flush()
    record(session, Kind.ROLE_CHANGED, actor=actor, subject=subject, old=old)


def access_role(session: Session, role_id: int) -> WorkRole:
    """The role of this number, or NotFound."""
    role = find_row(session, WorkRole, role_id)
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


def ensure_seen(session: Session, stamp: str) -> None:
    """Raise Conflict unless the grid is still the one that the administrator was looking at."""
    if stamp != session.scalar(select(RoleGridStamp.stamp).where(RoleGridStamp.id == 1).with_for_update()):
        raise Conflict(
            _("Someone has changed the roles meanwhile. Nothing was saved: reload the page and look.")
        )


def renew_stamp(session: Session) -> None:
    """Comes first in any change of the grid: all processes read it anew, and changes go one by one."""
    stamp = session.get(RoleGridStamp, 1, with_for_update=True) or RoleGridStamp(id=1)
    stamp.stamp = uuid.uuid4().hex
    session.add(stamp)
    session.flush()


def _checked(session: Session, values: RoleValues, role: WorkRole | None = None) -> str:
    """The cleaned name. Raises Invalid naming every wrong field."""
    wrong: dict[str, str] = {}
    name = " ".join(clean_text(values.name).split())
    if len(name) > NAME_LENGTH:
        wrong["name"] = _("Shorten to %(number)s characters.", number=NAME_LENGTH)
    others = [one for one in list_roles(session) if one is not role]
    if name.casefold() in {word.casefold() for one in others for word in (role_label(one), one.key)}:
        wrong["name"] = _("There is a role of this name already: choose another.")
    if values.sight not in set(Sight):
        wrong["sight"] = _("Choose how far the role sees.")
    if values.verbs - set(Verb):
        wrong["verbs"] = _("The request makes no sense as it was sent.")
    if wrong:
        raise Invalid(fields=wrong)
    return name


def _write(session: Session, role: WorkRole, values: RoleValues, name: str) -> None:
    role.name, role.sight = name, values.sight
    if not role.is_builtin:
        role.is_chief = values.is_chief
    session.flush()
    kept = {row.verb: row for row in role.verbs}
    role.verbs = [kept.get(verb) or RoleVerb(role_id=role.id, verb=verb) for verb in sorted(values.verbs)]
    session.flush()


def _picture(role: WorkRole) -> dict[str, Any]:
    return {
        "name": role.name,
        "sight": str(role.sight),
        "is_chief": role.is_chief,
        "verbs": sorted(row.verb for row in role.verbs),
    }


def _record(
    session: Session, role: WorkRole, *, actor: Actor, old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Journal what differs; nothing if nothing does."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name) or name == "department_id"]
    if names:
        parts = [{name: side[name] for name in names if name in side} for side in (old, new)]
        record(
            session, Kind.ROLE_CHANGED, actor=actor, subject=f"role {role.key}", old=parts[0], new=parts[1]
        )
