"""Letters that came in by e-mail, and the files that came with them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, UtcDateTime, utcnow

if TYPE_CHECKING:
    from models.staff import Staff


class LetterStatus(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"  # in the tray: a person says whose it is
    KEPT = "kept"  # it became a ticket or a comment
    DISCARDED = "discarded"


class LetterWhy(StrEnum):
    """Why a letter went into the tray instead of becoming a ticket or a comment by itself."""

    NONE = ""
    UNKNOWN = "unknown"  # nobody in the client base has this address
    SEVERAL = "several"  # more than one client has it
    NO_SENDER = "no_sender"
    FORGED = "forged"  # the firm's own mail server says that the sender is not who he says
    NOT_ALLOWED = "not_allowed"  # a colleague who may not comment on that ticket
    AUTOMATIC = "automatic"  # a list, a newsletter, a machine
    RATE = "rate"  # more letters within an hour than one sender may send
    REFUSED = "refused"  # the ticket could not be written (such as a hidden department)
    BROKEN = "broken"  # it cannot be read: the letter itself is in the folder of failed ones


class MailLetter(Model):
    """One letter, from the tray or from its becoming a ticket or a comment on.

    ``text`` is what the sender wrote, kept here only while no ticket or comment holds it; ``folded`` the
    quotations and the signature below it, shown on demand. ``message_id`` is its own, without brackets: a
    later letter that answers it belongs to the same ticket. ``comment_id`` None beside a ``ticket_id``: the
    ticket was made of it.
    """

    __tablename__ = "mail_letter"
    __table_args__ = (
        Index(
            "ix_mail_letter_waiting",
            "id",
            postgresql_where=text("status = 'waiting'"),
            sqlite_where=text("status = 'waiting'"),
        ),
        Index("ix_mail_letter_ticket", "ticket_id"),
        Index("ix_mail_letter_comment", "comment_id"),
        Index("ix_mail_letter_message", "message_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(300), default="", server_default="")
    sender: Mapped[str] = mapped_column(String(320), default="", server_default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(300), default="", server_default="")
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    folded: Mapped[str] = mapped_column(Text, default="", server_default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    status: Mapped[str] = mapped_column(String(10), default=LetterStatus.WAITING)
    why: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # of a broken letter what was wrong with it, of a discarded one what the person wrote
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    decided_by: Mapped[Staff | None] = relationship()
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.id", viewonly=True)

    @property
    def who(self) -> str:
        """The sender as a page names him."""
        return self.sender_name or self.sender


class Attachment(Model):
    """A file that belongs to a ticket, or to a letter in the tray. Its bytes lie outside of the web root.

    ``stored_name`` is random and says nothing; ``original_name`` is only ever shown and sent, never a path.
    ``content_type`` was told from the bytes. A comment's attachment has its ticket's id as well.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_ticket", "ticket_id", "id"),
        Index("ix_attachment_comment", "comment_id"),
        Index("ix_attachment_letter", "letter_id"),
        Index("uq_attachment_stored_name", "stored_name", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("mail_letter.id", ondelete="CASCADE"))
    stored_name: Mapped[str] = mapped_column(String(32))
    original_name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    # None: it came by e-mail
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    added_by: Mapped[Staff | None] = relationship()
