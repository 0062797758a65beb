"""What belongs to one staff member alone: read marks and saved filters."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model


class TicketRead(Model):
    """How far this person has read this ticket: unread while ``activity`` < the ticket's."""

    __tablename__ = "ticket_read"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    activity: Mapped[int] = mapped_column(Integer)


class SavedView(Model):
    """A named filter of a ticket list. ``query`` is the query string without its ``?``."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "name", name="uq_saved_view_user_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    box: Mapped[str] = mapped_column(String(10))
    query: Mapped[str] = mapped_column(String(500), default="", server_default="")
