"""The rows of phone books and whom they were joined with; the directory that is read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Json, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.clients import Client
    from models.runs import ImportRun
    from models.staff import Staff


class RowStanding(StrEnum):
    """What has become of a row of a phone book."""

    LINKED = "linked"
    DOUBTFUL = "doubtful"
    UNMATCHED = "unmatched"
    CREATED = "created"  # a person said: a new client
    LEFT = "left"  # a person said: nobody's


class Verdict(StrEnum):
    """What a person decided about a row of a phone book."""

    LINKED = "linked"  # it is this client
    REFUSED = "refused"  # it is not this client
    CREATED = "created"  # it is somebody new: this client was made
    LEFT = "left"  # it is nobody: a fax, an office
    REOPENED = "reopened"  # forget what was decided before


class BookRow(Model):
    """One row of a phone book as one run read it.

    ``key`` names the row across imports (its name; with number and room where names repeat).
    ``candidates``: [{"client_id", "score", "evidence"}], best first. ``found_standing`` and
    ``found_client_id`` are the machine's own word, to which a row falls back when a decision is taken back.
    """

    __tablename__ = "book_row"
    __table_args__ = (
        Index("ix_book_row_run", "run_id", "standing", "row"),
        Index("ix_book_row_client", "client_id", "run_id"),
        Index("ix_book_row_key", "key", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)
    line: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(String(200))
    phones: Mapped[list[str]] = mapped_column(Json, default=list)
    room: Mapped[str] = mapped_column(String(80), default="", server_default="")
    unit: Mapped[str] = mapped_column(String(200), default="", server_default="")
    job_title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    email: Mapped[str] = mapped_column(String(320), default="", server_default="")
    standing: Mapped[str] = mapped_column(String(10), default=RowStanding.UNMATCHED)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    found_standing: Mapped[str] = mapped_column(String(10), default=RowStanding.UNMATCHED)
    found_client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    is_decided: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)

    run: Mapped[ImportRun] = relationship()
    client: Mapped[Client | None] = relationship(foreign_keys=[client_id])


class MatchDecision(Model):
    """A person's word about a row of a phone book, remembered by the row's ``key`` for later imports.

    Words are only added, and the later ones beat the earlier, so that a sitting can be taken back. ``phones``
    and ``room`` are those of the row: the same short name with others may be another person.
    """

    __tablename__ = "match_decision"
    __table_args__ = (
        Index("ix_match_decision_key", "key", "id"),
        Index("ix_match_decision_run", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(300))
    verdict: Mapped[str] = mapped_column(String(10))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    phones: Mapped[list[str]] = mapped_column(Json, default=list)
    room: Mapped[str] = mapped_column(String(80), default="", server_default="")

    actor: Mapped[Staff | None] = relationship()


class DirectorySource(Model):
    """The directory that is read, as administrators set it on screen. There is one row.

    ``settings`` are those of app.directory without the password, which is kept sealed. ``cursor`` tells how
    far the last applied run has read.
    """

    __tablename__ = "directory_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sealed_password: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    is_on: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    hour: Mapped[int] = mapped_column(Integer, default=3, server_default="3")
    brake_percent: Mapped[int] = mapped_column(Integer, default=10, server_default="10")
    cursor: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    # whoever signs in from a mapped group gets an account
    creates_accounts: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")


class TwinPair(Model):
    """Two clients who may be one person, the smaller id first. A dismissed pair is not shown again."""

    __tablename__ = "twin_pair"
    __table_args__ = (
        Index(
            "ix_twin_pair_open",
            "score",
            postgresql_where=text("dismissed_at is null"),
            sqlite_where=text("dismissed_at is null"),
        ),
    )

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    score: Mapped[int] = mapped_column(Integer)  # 0 … 100
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    client: Mapped[Client] = relationship(foreign_keys=[client_id])
    other: Mapped[Client] = relationship(foreign_keys=[other_id])
