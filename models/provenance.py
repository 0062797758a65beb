"""Where each field of a client comes from: what every source says, and corrections that wait for a yes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Json, Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.clients import Client
    from models.staff import Staff


class Source(StrEnum):
    """Who says so."""

    PERSON = "person"  # a staff member corrected it: beats every import until he lets it go
    DIRECTORY = "directory"
    BOOK = "book"
    LIST = "list"
    MERGED = "merged"  # taken over from a double that was merged into this client
    EARLIER = "earlier"  # it was there before sources were written down


class ClientClaim(Model):
    """What one source says of one client: ``values`` maps a field to {"value", "at", "run", "by"}.

    ``at`` is an ISO moment (UTC), ``run`` the number of the import run, ``by`` the id of the staff member.
    The client's columns are what follows from all claims (app.services.claims).
    """

    __tablename__ = "client_claim"

    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(12), primary_key=True)
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class ChangeRequest(Model):
    """A correction by somebody who may not edit clients: one field, waiting for a yes or a no."""

    __tablename__ = "change_request"
    __table_args__ = (
        Index(
            "ix_change_request_open",
            "id",
            postgresql_where=text("decided_at is null"),
            sqlite_where=text("decided_at is null"),
        ),
        Index("ix_change_request_client", "client_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    field: Mapped[str] = mapped_column(String(20))
    # as the form writes them: phones and units as the words people read
    old: Mapped[Any] = mapped_column(Json)
    new: Mapped[Any] = mapped_column(Json)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_accepted: Mapped[bool | None] = mapped_column()

    client: Mapped[Client] = relationship()
    asked_by: Mapped[Staff] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=[decided_by_id])
