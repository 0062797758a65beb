"""What roles there are, what each may do and how far it sees: the grid that administrators edit."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model

KEY_LENGTH = 20


class Verb(StrEnum):
    """What a role may do to a ticket, or in general."""

    CREATE = "create"
    TAKE = "take"
    RELEASE = "release"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    RESTORE = "restore"
    COMMENT = "comment"
    EDIT = "edit"
    SET_PRIORITY = "set_priority"
    PLAN = "plan"
    SEE_STATISTICS = "see_statistics"
    EXPORT = "export"
    EDIT_CLIENTS = "edit_clients"
    MANAGE_CLIENTS = "manage_clients"  # imports, joins, merges, and taking them back


class Sight(StrEnum):
    """How much of a department a role sees, besides what one wrote or was sent by name."""

    DEPARTMENT = "department"  # all of it, whoever the assignee is
    SHARED = "shared_and_own"  # what is sent to the whole department
    OWN = "own"  # nothing more


class WorkRole(Model):
    """A role that a person can hold in a department. ``key`` is what memberships name it by."""

    __tablename__ = "work_role"
    __table_args__ = (
        CheckConstraint("sight in ('department', 'shared_and_own', 'own')", name="ck_work_role_sight"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(60), default="", server_default="")  # "": a built-in one
    sight: Mapped[str] = mapped_column(String(20), default=Sight.OWN)
    # the coordinator's special moves: what another has taken, the archive
    is_chief: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    is_builtin: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    verbs: Mapped[list[RoleVerb]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    def __repr__(self) -> str:
        return self.name or self.key


class RoleVerb(Model):
    """A role may do this in every department."""

    __tablename__ = "role_verb"

    role_id: Mapped[int] = mapped_column(ForeignKey("work_role.id", ondelete="CASCADE"), primary_key=True)
    verb: Mapped[str] = mapped_column(String(20), primary_key=True)


class RoleException(Model):
    """In one department a role may do this, or may not, whatever holds everywhere else."""

    __tablename__ = "role_exception"

    role_id: Mapped[int] = mapped_column(ForeignKey("work_role.id", ondelete="CASCADE"), primary_key=True)
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), primary_key=True
    )
    verb: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_allowed: Mapped[bool] = mapped_column(Boolean)


class RoleSight(Model):
    """In one department a role sees this far, whatever holds everywhere else."""

    __tablename__ = "role_sight"
    __table_args__ = (
        CheckConstraint("sight in ('department', 'shared_and_own', 'own')", name="ck_role_sight_sight"),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("work_role.id", ondelete="CASCADE"), primary_key=True)
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), primary_key=True
    )
    sight: Mapped[str] = mapped_column(String(20))


class RoleGridStamp(Model):
    """One row: a new random word with every change of the grid, so that no process keeps an old one."""

    __tablename__ = "role_grid_stamp"

    id: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str] = mapped_column(String(40))
