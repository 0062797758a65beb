"""The people who work in the helpdesk and sign in, and where each of them stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_appbuilder.security.sqla.models import Group
from flask_appbuilder.security.sqla.models import User as FabUser
from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, UtcDateTime

# FAB 5.3.0 lets a subclass of its user into a role, but forgot it for a group: adding one was a crash
Group.users.prop.enable_typechecks = False


class Role(StrEnum):
    """The two roles that are always there; others are rows of the grid (models.access).

    What a staff member is in one department; administrators stand above departments.
    """

    EMPLOYEE = "employee"
    COORDINATOR = "coordinator"


class Staff(FabUser):
    """A staff member: FAB's user with the personal settings of our screens."""

    __tablename__ = "ab_user"

    locale: Mapped[str] = mapped_column(String(5), default="uk", server_default="uk")
    theme: Mapped[str] = mapped_column(String(6), default="auto", server_default="auto")
    page_size: Mapped[int] = mapped_column(Integer, default=25, server_default="25")
    sound_on: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    letter_keys_on: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", foreign_keys="Membership.user_id"
    )

    @property
    def full_name(self) -> str:
        """``Олена Коваленко``: first name, then surname."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def short_name(self) -> str:
        """``Олена К.``: what fits into a column of a list."""
        return f"{self.first_name} {self.last_name[:1]}." if self.last_name else f"{self.first_name}"

    @property
    def initials(self) -> str:
        """``ОК``: the letters of an avatar."""
        return f"{self.first_name[:1]}{self.last_name[:1]}".upper()


class Department(Model):
    """A group of staff that receives tickets."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    short_name: Mapped[str] = mapped_column(String(40), default="")
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="department", cascade="all, delete-orphan"
    )

    def __repr__(self) -> str:
        return self.name


class Membership(Model):
    """One person's role in one department, between two moments; ``role`` is the key of a ``WorkRole``.

    Outside ``valid_from`` ≤ now < ``valid_until`` it is nothing (ARCHITECTURE, section 2).
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "department_id", name="uq_membership_user_department"),
        Index("ix_membership_department", "department_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20), default=Role.EMPLOYEE)
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[Staff] = relationship(back_populates="memberships", foreign_keys=[user_id])
    department: Mapped[Department] = relationship(back_populates="memberships")

    def __repr__(self) -> str:
        return f"{self.user} · {self.department} · {self.role}"
