"""The ticket, its topic and its comments."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.clients import Client
    from models.letters import MailLetter
    from models.staff import Department, Staff


class State(StrEnum):
    """Where a ticket stands: free → in work → done → archived."""

    FREE = "free"
    IN_WORK = "in_work"
    DONE = "done"
    ARCHIVED = "archived"


class Priority(IntEnum):
    """Sorted by importance, so that the database can order by it."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


LIVE = text("state <> 'archived'")
ARCHIVED = text("state = 'archived'")


def _partial(name: str, *columns: str, where: str) -> Index:
    condition = text(where)
    return Index(name, *columns, postgresql_where=condition, sqlite_where=condition)


class Topic(Model):
    """What a ticket is about, from a list; a department's own or common to all."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")

    department: Mapped[Department | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class Ticket(Model):
    """One request of one client. ``id`` is the number that is read to the caller.

    ``version`` grows with every move and edit and guards them against each other (compare and
    set); ``activity`` grows with comments too and tells read from unread. The indexes keep the
    archive out of the lists that people open all day.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("state in ('free', 'in_work', 'done', 'archived')", name="ck_ticket_state"),
        CheckConstraint("priority in (0, 1, 2)", name="ck_ticket_priority"),
        CheckConstraint("(state = 'in_work') = (taken_by_id is not null)", name="ck_ticket_taken_by"),
        Index("uq_ticket_request_key", "request_key", unique=True),
        Index("ix_ticket_client", "client_id", "id"),
        _partial("ix_ticket_live", "id", where="state <> 'archived'"),
        _partial("ix_ticket_live_department", "department_id", "id", where="state <> 'archived'"),
        _partial("ix_ticket_live_assignee", "assignee_id", "id", where="state <> 'archived'"),
        _partial("ix_ticket_live_author", "author_id", "id", where="state <> 'archived'"),
        _partial("ix_ticket_live_taken_by", "taken_by_id", "id", where="state = 'in_work'"),
        _partial("ix_ticket_done", "updated_at", where="state = 'done'"),
        _partial("ix_ticket_archived", "id", where="state = 'archived'"),
        _partial("ix_ticket_archived_department", "department_id", "id", where="state = 'archived'"),
        _partial(
            "ix_ticket_archived_shared",
            "department_id",
            "id",
            where="state = 'archived' and assignee_id is null",
        ),
        _partial("ix_ticket_archived_assignee", "assignee_id", "id", where="state = 'archived'"),
        _partial("ix_ticket_archived_author", "author_id", "id", where="state = 'archived'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    topic_text: Mapped[str] = mapped_column(String(120), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="", server_default="")
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.NORMAL)
    state: Mapped[str] = mapped_column(String(10), default=State.FREE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    activity: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    comments_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # the browser's name for one press of "save": the second press finds the first one's ticket
    request_key: Mapped[str | None] = mapped_column(String(36))

    client: Mapped[Client] = relationship()
    department: Mapped[Department] = relationship()
    topic: Mapped[Topic | None] = relationship()
    author: Mapped[Staff] = relationship(foreign_keys=[author_id])
    assignee: Mapped[Staff | None] = relationship(foreign_keys=[assignee_id])
    taken_by: Mapped[Staff | None] = relationship(foreign_keys=[taken_by_id])
    done_by: Mapped[Staff | None] = relationship(foreign_keys=[done_by_id])
    # the letter that it was made of
    letter: Mapped[MailLetter | None] = relationship(
        primaryjoin="and_(MailLetter.ticket_id == Ticket.id, MailLetter.comment_id.is_(None))",
        uselist=False,
        viewonly=True,
    )

    def __repr__(self) -> str:
        return f"{self.id} {self.subject}"

    @property
    def topic_name(self) -> str:
        """The topic from the list, else the words typed instead of one."""
        return self.topic.name if self.topic else self.topic_text


class Comment(Model):
    """What a staff member wrote under a ticket."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_ticket", "ticket_id", "id"),
        Index("uq_comment_request_key", "request_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    request_key: Mapped[str | None] = mapped_column(String(36))

    author: Mapped[Staff] = relationship()
    # the letter that it was made of; its sender wrote the comment, not its author
    letter: Mapped[MailLetter | None] = relationship(
        primaryjoin="MailLetter.comment_id == Comment.id", uselist=False, viewonly=True
    )

    @property
    def is_letter(self) -> bool:
        """Whether somebody else than the author wrote it, by e-mail: the mailbox stands for a client."""
        return self.letter is not None and self.letter.sender != (self.author.email or "").lower()

    @property
    def written_by(self) -> str:
        """Who wrote it, as pages say it."""
        return self.letter.who if self.letter and self.is_letter else self.author.full_name


class Call(Model):
    """A request answered at once on the telephone: counted, never a ticket unless made into one."""

    __tablename__ = "call"
    __table_args__ = (
        Index("ix_call_client", "client_id", "id"),
        Index("ix_call_author", "author_id", "id"),
        Index("uq_call_request_key", "request_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    topic_text: Mapped[str] = mapped_column(String(120), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    request_key: Mapped[str | None] = mapped_column(String(36))

    client: Mapped[Client] = relationship()
    author: Mapped[Staff] = relationship()
    topic: Mapped[Topic | None] = relationship()
