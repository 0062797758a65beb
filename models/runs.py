"""What changed the client base: every import, sync, join and merge, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Json, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.clients import Client
    from models.staff import Staff


class RunKind(StrEnum):
    """What a run does."""

    SYNC = "sync"  # the directory was read
    BOOK = "book"  # a phone book was read and joined
    LIST = "list"  # a plain list of people was read
    JOIN = "join"  # a person's decisions on the reconciliation bench
    MERGE = "merge"  # two clients became one


class RunStage(StrEnum):
    """Where a run stands. Only an applied run has changed anything."""

    RUNNING = "running"
    WAITING = "waiting"  # a person must look at the difference and say yes or no
    APPLIED = "applied"
    FAILED = "failed"
    REFUSED = "refused"  # the person said no
    UNDONE = "undone"


class ImportRun(Model):
    """One run with its counts and differences.

    ``counts`` are shown in the list; ``notes`` hold what a person must know ({"line", "text", "reason"});
    ``details`` what the run needs itself: file, mode, digest, the cursor of the directory.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(
            "stage in ('running', 'waiting', 'applied', 'failed', 'refused', 'undone')",
            name="ck_import_run_stage",
        ),
        Index("ix_import_run_kind", "kind", "id"),
        Index(
            "ix_import_run_open",
            "id",
            postgresql_where=text("stage in ('running', 'waiting')"),
            sqlite_where=text("stage in ('running', 'waiting')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    stage: Mapped[str] = mapped_column(String(10), default=RunStage.RUNNING)
    title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    # the run whose rows this one decides about: it is taken back together with it
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    percent: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    step: Mapped[str] = mapped_column(String(40), default="", server_default="")
    problem: Mapped[str] = mapped_column(String(500), default="", server_default="")
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    actor: Mapped[Staff | None] = relationship(foreign_keys=[actor_id])
    undone_by: Mapped[Staff | None] = relationship(foreign_keys=[undone_by_id])

    def __repr__(self) -> str:
        return f"{self.kind} {self.id}"


class RunChange(Model):
    """What one run did to one client: the claims of one source before and after.

    ``action``: created, changed, or merged (then ``old`` and ``new`` are those of app.services.merging).
    """

    __tablename__ = "run_change"
    __table_args__ = (
        Index("ix_run_change_run", "run_id", "id"),
        Index("ix_run_change_client", "client_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    action: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(12), default="", server_default="")
    old: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    run: Mapped[ImportRun] = relationship()
    client: Mapped[Client] = relationship()
