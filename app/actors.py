"""Who acts: an active staff member with his roles as they are at this moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Role as ScreenRole,
)
from flask_appbuilder.security.sqla.models import (
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select, union
from sqlalchemy.orm import Session

from app.errors import NotFound
from models import Membership, Role, Staff, utcnow

ADMINISTRATOR_ROLE = "Admin"


@dataclass(frozen=True)
class Actor:
    """An active staff member as the rules see him at this moment.

    ``coordinates`` and ``works_in`` hold department ids and are disjoint.
    """

    id: int
    full_name: str = ""
    is_administrator: bool = False
    coordinates: frozenset[int] = field(default_factory=frozenset)
    works_in: frozenset[int] = field(default_factory=frozenset)
    locale: str = "uk"
    address: str = ""

    @property
    def departments(self) -> frozenset[int]:
        """Every department in which he has any role."""
        return self.coordinates | self.works_in


def current_membership(moment: datetime | None = None) -> ColumnElement[bool]:
    """A membership outside its dates is nothing (``moment`` is now by default)."""
    moment = moment or utcnow()
    return and_(
        or_(Membership.valid_from.is_(None), Membership.valid_from <= moment),
        or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
    )


def _administrators() -> Any:
    """Ids of those who hold FAB's administrator role, by themselves or through a group."""
    direct = (
        select(assoc_user_role.c.user_id)
        .join(ScreenRole, ScreenRole.id == assoc_user_role.c.role_id)
        .where(ScreenRole.name == ADMINISTRATOR_ROLE)
    )
    grouped = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .join(ScreenRole, ScreenRole.id == assoc_group_role.c.role_id)
        .where(ScreenRole.name == ADMINISTRATOR_ROLE)
    )
    return union(direct, grouped).subquery()


def _actors(session: Session, *conditions: ColumnElement[bool]) -> list[Actor]:
    """Actors of all active staff that meet the conditions, in one query."""
    administrators = _administrators()
    rows = session.execute(
        select(
            Staff.id,
            Staff.first_name,
            Staff.last_name,
            Staff.locale,
            administrators.c.user_id.is_not(None).label("is_administrator"),
            Membership.department_id,
            Membership.role,
        )
        .outerjoin(administrators, administrators.c.user_id == Staff.id)
        .outerjoin(Membership, and_(Membership.user_id == Staff.id, current_membership()))
        .where(Staff.active.is_(True), *conditions)
        .order_by(Staff.id)
    ).all()
    found: dict[int, Actor] = {}
    for row in rows:
        actor = found.get(row.id) or Actor(
            id=row.id,
            full_name=f"{row.first_name} {row.last_name}".strip(),
            is_administrator=bool(row.is_administrator),
            locale=row.locale,
        )
        if row.role == Role.COORDINATOR:
            actor = replace(actor, coordinates=actor.coordinates | {row.department_id})
        elif row.role is not None:
            actor = replace(actor, works_in=actor.works_in | {row.department_id})
        found[row.id] = actor
    return list(found.values())


def active_actors(session: Session) -> list[Actor]:
    """Everyone who may sign in now."""
    return _actors(session)


def load_actor(session: Session, user_id: int, *, address: str = "") -> Actor:
    """The person as the rules see him now. Raises NotFound for an unknown or disabled account."""
    actors = _actors(session, Staff.id == user_id)
    if not actors:
        raise NotFound(_("This account does not exist or is disabled."))
    return replace(actors[0], address=address)
