"""The log of all actions of all users, and the outbox that tells people of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, text
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


class DeliveryStatus(StrEnum):
    """How a delivery stands. Only WAITING ones are ever tried."""

    WAITING = "waiting"
    SENT = "sent"  # the provider has it; of a popup: a page has shown it
    DEAD = "dead"  # given up: waits on the screen for "send again"
    SKIPPED = "skipped"  # not needed any more, or not allowed; ``error`` says why


def new_delivery_key() -> str:
    """A name for one delivery that nobody guesses: what providers and mailboxes know it by."""
    return uuid4().hex


class Delivery(Model):
    """One event told to one person over one channel. Unique, so that nobody hears it twice.

    For the ``popup`` channel ``sent_at`` is the moment it was shown in one of the person's tabs.
    ``key`` stays the same however often it is tried: Message-ID, stanza id, the provider's key.
    ``due_at``: not before; ``wanted_at``: when it was first due, from which its worth is counted;
    ``held_until``: whoever tries it now has it until then (a lease: it ends by itself when he is killed);
    ``queued_until``: it lies in a queue, and needs no second place there.
    ``rung`` > 0: a step of the ladder. ``is_held``: kept back for quiet hours or an absence, may be told
    together with others; ``batch`` is then the key of the one that leads them: they go with it or not at all.
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
        Index(
            "ix_delivery_due",
            "due_at",
            postgresql_where=text("status = 'waiting' and channel <> 'popup'"),
            sqlite_where=text("status = 'waiting' and channel <> 'popup'"),
        ),
        Index(
            "ix_delivery_dead",
            "id",
            postgresql_where=text("status = 'dead'"),
            sqlite_where=text("status = 'dead'"),
        ),
        Index("ix_delivery_created", "created_at"),
        Index(
            "ix_delivery_provider",
            "provider_id",
            postgresql_where=text("provider_id <> ''"),
            sqlite_where=text("provider_id <> ''"),
        ),
        Index("uq_delivery_key", "key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox_event.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    status: Mapped[str] = mapped_column(String(10), default=DeliveryStatus.WAITING, server_default="waiting")
    key: Mapped[str] = mapped_column(String(32), default=new_delivery_key)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_urgent: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    is_held: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    rung: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    batch: Mapped[str] = mapped_column(String(32), default="", server_default="")
    # to where it went, and what the provider said
    address: Mapped[str] = mapped_column(String(320), default="", server_default="")
    provider_id: Mapped[str] = mapped_column(String(200), default="", server_default="")
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    receipt: Mapped[str] = mapped_column(String(20), default="", server_default="")
    receipt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    cost: Mapped[Decimal] = mapped_column(Numeric(12, 4), default=0, server_default="0")

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
