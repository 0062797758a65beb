"""The white list of those who may open an account for themselves, and the letters that let them in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, UtcDateTime, utcnow
from models.staff import Role

if TYPE_CHECKING:
    from models.staff import Department, Staff

_OPEN_RULE = text("revoked_at is null")
_OPEN_LETTER = text("used_at is null and ended_at is null")
_WAITING = text("sent_at is null and used_at is null and ended_at is null")


class Ending(StrEnum):
    """Why a letter that nobody has used opens nothing any more."""

    REPLACED = "replaced"  # a newer one was asked for
    REVOKED = "revoked"  # an administrator took it or its rule back
    BURNT = "burnt"  # the temporary password was wrong too often
    UNDELIVERABLE = "undeliverable"  # the mail server would not take it
    OVERTAKEN = "overtaken"  # the account was opened in another way meanwhile


class InvitationRule(Model):
    """Who may open an account: a login, an e-mail or ``*@domain``, in small letters, and what he becomes."""

    __tablename__ = "invitation_rule"
    __table_args__ = (
        CheckConstraint("role in ('employee', 'coordinator')", name="ck_invitation_rule_role"),
        Index(
            "uq_invitation_rule_open",
            "pattern",
            unique=True,
            postgresql_where=_OPEN_RULE,
            sqlite_where=_OPEN_RULE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pattern: Mapped[str] = mapped_column(String(320))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20), default=Role.EMPLOYEE)
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    department: Mapped[Department] = relationship()
    created_by: Mapped[Staff | None] = relationship(foreign_keys=[created_by_id])

    def __repr__(self) -> str:
        return self.pattern


class Invitation(Model):
    """One letter of a first login. At most one per login is open.

    Of the token of its link only the SHA-256 is kept, of the temporary password a salted hash; both are empty
    until the letter is written. ``next_try_at`` is when a letter that waits is tried (again); a worker that
    has taken it moves it on first. ``expires_at`` counts from the writing of the letter.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("uq_invitation_token", "token_hash", unique=True),
        Index(
            "uq_invitation_open_login",
            "login",
            unique=True,
            postgresql_where=_OPEN_LETTER,
            sqlite_where=_OPEN_LETTER,
        ),
        Index("ix_invitation_waiting", "next_try_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("ix_invitation_rule", "rule_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("invitation_rule.id", ondelete="SET NULL"))
    login: Mapped[str] = mapped_column(String(128))
    email: Mapped[str] = mapped_column(String(320))
    first_name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    last_name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    token_hash: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(256), default="", server_default="")
    tries_left: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    # who asked: the address of the browser, and the administrator who sent it once more
    asked_from: Mapped[str] = mapped_column(String(45), default="", server_default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=utcnow)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    problem: Mapped[str] = mapped_column(String(20), default="", server_default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str] = mapped_column(String(20), default="", server_default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    rule: Mapped[InvitationRule | None] = relationship()
    asked_by: Mapped[Staff | None] = relationship(foreign_keys=[asked_by_id])
    user: Mapped[Staff | None] = relationship(foreign_keys=[user_id])

    def __repr__(self) -> str:
        return f"{self.login} {self.id}"
