"""The log of all actions of all users, and the outbox that tells people of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Json, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.staff import Staff


class JournalEntry(Model):
    """Who did what, when, from where, with the values before and after. Written only by
    :func:`app.events.record`; never changed, never deleted by a screen."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_ticket", "ticket_id", "id"),
        Index("ix_journal_entry_client", "client_id", "id"),
        Index("ix_journal_entry_actor", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    address: Mapped[str] = mapped_column(String(45), default="", server_default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    # what it was about when it was neither a ticket nor a client: "department 3"
    subject: Mapped[str] = mapped_column(String(80), default="", server_default="")
    old: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    actor: Mapped[Staff | None] = relationship()


class OutboxEvent(Model):
    """A journal entry that people must be told of. Lives in the same transaction; ``fanned_out_at``
    is set once its deliveries exist. A sweep finds the rows whose poke was lost."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        Index(
            "ix_outbox_event_waiting",
            "id",
            postgresql_where=text("fanned_out_at is null"),
            sqlite_where=text("fanned_out_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    journal_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    fanned_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    entry: Mapped[JournalEntry] = relationship()


class Delivery(Model):
    """One event told to one person over one channel. Unique, so that nobody hears it twice.

    For the ``popup`` channel ``sent_at`` is the moment it was shown in one of the person's tabs.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id", "channel", name="uq_delivery_event_user_channel"),
        Index("ix_delivery_user", "user_id", "id"),
        Index(
            "ix_delivery_user_unshown",
            "user_id",
            "id",
            postgresql_where=text("sent_at is null"),
            sqlite_where=text("sent_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox_event.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    event: Mapped[OutboxEvent] = relationship()
    user: Mapped[Staff] = relationship()


class PeriodicRun(Model):
    """One turn of a periodic job. The unique pair is what makes it run once, however many
    schedulers asked for it."""

    __tablename__ = "periodic_run"
    __table_args__ = (UniqueConstraint("job", "slot", name="uq_periodic_run_job_slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(60))
    slot: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(200), default="", server_default="")
