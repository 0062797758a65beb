"""What the directory's groups give to their members who work here."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model
from models.staff import Department, Staff

_ONE_OF_TWO = "(screen_role_id is null) <> (department_id is null)"


class GroupRole(Model):
    """The members of a group have this role: one of the screens' roles, or a role in a department.

    The group is known by its GUID; name and DN are as they were when the line was written.
    """

    __tablename__ = "directory_group_role"
    __table_args__ = (
        CheckConstraint(_ONE_OF_TWO, name="ck_directory_group_role_one"),
        CheckConstraint(
            "(department_id is null) = (role is null)", name="ck_directory_group_role_department"
        ),
        Index("uq_directory_group_role_screen", "group_guid", "screen_role_id", unique=True),
        Index("uq_directory_group_role_place", "group_guid", "department_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_guid: Mapped[str] = mapped_column(String(36))
    group_name: Mapped[str] = mapped_column(String(256))
    group_dn: Mapped[str] = mapped_column(String(2000))
    screen_role_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("ab_role.id", ondelete="CASCADE"), index=True
    )
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str | None] = mapped_column(String(20))

    screen_role: Mapped[ScreenRole | None] = relationship()
    department: Mapped[Department | None] = relationship()


class GroupGrant(Model):
    """What a person has from his groups and not from somebody's hand: only this may be taken from him.

    ``role`` is what was given in the department: a membership that says something else was edited by hand.
    """

    __tablename__ = "directory_grant"
    __table_args__ = (
        CheckConstraint(_ONE_OF_TWO, name="ck_directory_grant_one"),
        Index("uq_directory_grant_screen", "user_id", "screen_role_id", unique=True),
        Index("uq_directory_grant_place", "user_id", "department_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    screen_role_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("ab_role.id", ondelete="CASCADE"), index=True
    )
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str | None] = mapped_column(String(20))

    user: Mapped[Staff] = relationship()
