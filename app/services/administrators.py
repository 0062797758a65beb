"""There is always an administrator who can get in; and what people and screens are linked with, by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Group,
    Permission,
    PermissionView,
    ViewMenu,
    assoc_group_role,
    assoc_permissionview_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_appbuilder.security.sqla.models import (
    Role as ScreenRole,
)
from flask_babel import gettext as _
from sqlalchemy import Select, Table, and_, or_, select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import ADMINISTRATOR_ROLE, active_actors
from models import Model, SignInWay, Staff


def ensure_administrator_left(session: Session, row: Model) -> None:
    """Raise Invalid when a change of this row, flushed already, leaves nobody to administer.

    The caller's transaction must be rolled back then.
    """
    if not isinstance(row, Staff | Group | ScreenRole):
        return
    # one after the other: two administrators could take each other's rights away at the same moment
    session.execute(select(ScreenRole.id).where(ScreenRole.name == ADMINISTRATOR_ROLE).with_for_update())
    left = administrators(session)
    if not left:
        raise Invalid(
            _("Nobody could administer the helpdesk any more. Make somebody else an administrator first.")
        )
    if not left & opening_here(session):
        raise Invalid(
            _(
                "While the directory is down, no administrator could sign in any more. "
                "Give another administrator a local account first."
            )
        )


def ensure_own_password(session: Session, row: Model, changed: Collection[str]) -> None:
    """Raise Invalid when this change makes an administrator whom the directory alone lets in.

    What the directory's groups make of somebody is not a change by hand.
    """
    if not isinstance(row, Staff) or not {"sign_in_way", "roles", "groups"} & set(changed):
        return
    if row.active and row.id in administrators(session) - opening_here(session):
        raise Invalid(
            _(
                "An administrator needs a local password, too, for the day when the directory is down. "
                "Choose “Local account”, set a password, then choose “Domain” again."
            )
        )


def administrators(session: Session) -> set[int]:
    """The ids of all active administrators."""
    return {actor.id for actor in active_actors(session) if actor.is_administrator}


def opening_here(session: Session) -> set[int]:
    """The ids of those who need no directory to sign in, if they are administrators."""
    has_password = and_(Staff.password.is_not(None), Staff.password != "")
    return set(
        session.scalars(select(Staff.id).where(or_(Staff.sign_in_way == SignInWay.LOCAL, has_password)))
    )


def _names(far: Any, between: Table, its: str, ours: str, number: int | None) -> Select[Any]:
    """The names of what a table of links puts beside our row."""
    name = far.username if far is Staff else far.name
    return select(name).join(between, between.c[its] == far.id).where(between.c[ours] == number)


def links_of(session: Session, row: Model) -> dict[str, Any]:
    """What the row is linked with in the database now, by name: roles, groups, people, permissions."""
    number = getattr(row, "id", None)
    queries: dict[str, Any] = {}
    match row:
        case Staff():
            queries["roles"] = _names(ScreenRole, assoc_user_role, "role_id", "user_id", number)
            queries["groups"] = _names(Group, assoc_user_group, "group_id", "user_id", number)
        case Group():
            queries["roles"] = _names(ScreenRole, assoc_group_role, "role_id", "group_id", number)
            queries["users"] = _names(Staff, assoc_user_group, "user_id", "group_id", number)
        case ScreenRole():
            queries["users"] = _names(Staff, assoc_user_role, "user_id", "role_id", number)
            queries["groups"] = _names(Group, assoc_group_role, "group_id", "role_id", number)
            queries["permissions"] = (
                select(Permission.name + " on " + ViewMenu.name)
                .join(PermissionView, PermissionView.permission_id == Permission.id)
                .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
                .join(
                    assoc_permissionview_role,
                    assoc_permissionview_role.c.permission_view_id == PermissionView.id,
                )
                .where(assoc_permissionview_role.c.role_id == number)
            )
    with session.no_autoflush:
        return {name: sorted(session.scalars(query)) for name, query in queries.items()}
