"""Whose rights hang on a row of staff, memberships, groups or roles of the screens: asked before and after a
change, so that whoever loses something feels it like whoever gains."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.security.sqla.models import (
    Group,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select, union
from sqlalchemy.orm import Session

from models import Membership, Model, Staff


def felt_by(session: Session, row: Model) -> set[int]:
    """Ids of the people by what is stored now; a change that is not flushed yet is not looked at."""
    number = getattr(row, "id", None)
    if number is None:
        return set()
    match row:
        case Staff():
            return {number}
        case Membership():
            query: Any = select(Membership.user_id).where(Membership.id == number)
        case Group():
            query = select(assoc_user_group.c.user_id).where(assoc_user_group.c.group_id == number)
        case ScreenRole():
            direct = select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id == number)
            grouped = (
                select(assoc_user_group.c.user_id)
                .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
                .where(assoc_group_role.c.role_id == number)
            )
            query = union(direct, grouped)
        case _:
            return set()
    with session.no_autoflush:
        return set(session.scalars(query))
