"""Who acts: an active staff member with his roles as they are at this moment."""

from __future__ import annotations

from collections.abc import Mapping
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
from app.grid import DEFAULT, Post, grid_of, stamp_now
from models import Membership, Role, Sight, Staff, utcnow

ADMINISTRATOR_ROLE = "Admin"


@dataclass(frozen=True)
class Actor:
    """An active staff member as the rules see him at this moment.

    ``posts`` says what he is in which department. ``coordinates`` (where his role has the coordinator's
    special moves) and ``works_in`` (his other departments) follow from it and are disjoint; given alone
    they stand for the two roles as delivered.
    """

    id: int
    full_name: str = ""
    is_administrator: bool = False
    coordinates: frozenset[int] = field(default_factory=frozenset)
    works_in: frozenset[int] = field(default_factory=frozenset)
    locale: str = "uk"
    address: str = ""
    posts: Mapping[int, Post] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        posts = self.posts or {
            **{one: DEFAULT.post(Role.EMPLOYEE, one) for one in self.works_in},
            **{one: DEFAULT.post(Role.COORDINATOR, one) for one in self.coordinates},
        }
        chief = frozenset(department for department, post in posts.items() if post.is_chief)
        # frozen for everyone else
        object.__setattr__(self, "posts", posts)
        object.__setattr__(self, "coordinates", chief)
        object.__setattr__(self, "works_in", frozenset(posts).difference(chief))

    @property
    def departments(self) -> frozenset[int]:
        """Every department in which he has any role."""
        return frozenset(self.posts)

    @property
    def sees_all_of(self) -> list[int]:
        """The departments that he sees whole, in order."""
        return self._seeing(Sight.DEPARTMENT)

    @property
    def sees_shared_of(self) -> list[int]:
        """The departments of which he sees what is sent to nobody in particular, in order."""
        return self._seeing(Sight.SHARED)

    def _seeing(self, sight: Sight) -> list[int]:
        return sorted(department for department, post in self.posts.items() if post.sight == sight)

    def with_posts(self, posts: Mapping[int, Post]) -> Actor:
        """The same person with other roles, for asking what would be."""
        nothing: frozenset[int] = frozenset()
        return replace(self, posts=dict(posts), coordinates=nothing, works_in=nothing)


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
            stamp_now().label("stamp"),
        )
        .outerjoin(administrators, administrators.c.user_id == Staff.id)
        .outerjoin(Membership, and_(Membership.user_id == Staff.id, current_membership()))
        .where(Staff.active.is_(True), *conditions)
        .order_by(Staff.id)
    ).all()
    posts: dict[int, dict[int, Post]] = {}
    for row in rows:
        held = posts.setdefault(row.id, {})
        if row.role is not None:
            held[row.department_id] = grid_of(session, row.stamp).post(row.role, row.department_id)
    people = {row.id: row for row in rows}
    return [
        Actor(
            id=row.id,
            full_name=f"{row.first_name} {row.last_name}".strip(),
            is_administrator=bool(row.is_administrator),
            locale=row.locale,
            posts=posts[row.id],
        )
        for row in people.values()
    ]


def active_actors(session: Session) -> list[Actor]:
    """Everyone who may sign in now."""
    return _actors(session)


def load_actor(session: Session, user_id: int, *, address: str = "") -> Actor:
    """The person as the rules see him now. Raises NotFound for an unknown or disabled account."""
    actor = next(iter(_actors(session, Staff.id == user_id)), None)
    if actor is None:
        raise NotFound(_("This account does not exist or is disabled."))
    return replace(actor, address=address)
