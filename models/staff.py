"""The people who work in the helpdesk and sign in, and where each of them stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask_appbuilder.security.sqla.models import Group
from flask_appbuilder.security.sqla.models import User as FabUser
from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.signing import Absence

# FAB 5.3.0 lets a subclass of its user into a role, but forgot it for a group: adding one was a crash
Group.users.prop.enable_typechecks = False


class Role(StrEnum):
    """The two roles that are always there; others are rows of the grid (models.access).

    What a staff member is in one department; administrators stand above departments.
    """

    EMPLOYEE = "employee"
    COORDINATOR = "coordinator"


class SignInWay(StrEnum):
    """Who proves a person's password. Administrators may always use their local one as well."""

    LOCAL = "local"  # we: its hash is stored here
    DOMAIN = "domain"  # the organisation's directory
    OUTSIDE = "outside"  # a sign-in service: OAuth, OpenID Connect or SAML


class Staff(FabUser):
    """A staff member: FAB's user with the personal settings of our screens."""

    __tablename__ = "ab_user"

    locale: Mapped[str] = mapped_column(String(5), default="uk", server_default="uk")
    theme: Mapped[str] = mapped_column(String(6), default="auto", server_default="auto")
    page_size: Mapped[int] = mapped_column(Integer, default=25, server_default="25")
    sound_on: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    letter_keys_on: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    sign_in_way: Mapped[str] = mapped_column(String(10), default=SignInWay.LOCAL, server_default="local")
    # who he is in the directory, known from his first sign-in on: a new login stays the same person
    directory_guid: Mapped[str | None] = mapped_column(String(36))
    start_page: Mapped[str] = mapped_column(String(10), default="day", server_default="day")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    jabber_id: Mapped[str] = mapped_column(String(320), default="", server_default="")
    # sessions, cookies and tokens of an earlier epoch are over, and so are API keys made before this moment
    session_epoch: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    keys_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # set with each request: his roles ask for a second factor, and he has none
    must_enrol = False
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", foreign_keys="Membership.user_id"
    )

    absence: Mapped[Absence | None] = relationship(
        foreign_keys="Absence.user_id", cascade="all, delete-orphan", passive_deletes=True
    )

    def end_sessions(self) -> None:
        """Every cookie and token that was given out until now is worth nothing."""
        self.session_epoch = (self.session_epoch or 0) + 1

    def revoke_keys(self) -> None:
        """Every API key that was made until now is worth nothing."""
        self.keys_since = utcnow()

    @validates("active", "password")
    def _end_what_must(self, name: str, value: Any) -> Any:
        """A new password and disabling end everything, whichever screen, API or command it was; for good,
        so that nothing comes back to life when the account is enabled again."""
        old = getattr(self, name)
        if old and value != old:
            self.end_sessions()
            self.revoke_keys()
        return value

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


Index("uq_ab_user_directory_guid", Staff.directory_guid, unique=True)


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
