"""The people of the organisation who call. They have no accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Model, UtcDateTime, utcnow


class Unit(Model):
    """The client's place in the organisation ("Бухгалтерія"); never a department."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")

    def __repr__(self) -> str:
        return self.name


class UnitAlias(Model):
    """A unit's other name: of one that was merged into it, and that lists and directories still write."""

    __tablename__ = "unit_alias"

    # folded to small letters, as names are compared
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"), index=True)


class Client(Model):
    """A person who asks for help. ``tickets_count`` and ``calls_count`` are the true totals,
    whoever may see the tickets; services keep them in the transaction that changes them."""

    __tablename__ = "client"
    __table_args__ = (
        Index("ix_client_last_contact", "last_contact_at"),
        Index("ix_client_full_name", "full_name", "id"),
        Index("ix_client_unit", "unit_id"),
        Index("uq_client_login", "login", unique=True),
        Index("uq_client_object_guid", "object_guid", unique=True),
        Index(
            "ix_client_merged_into",
            "merged_into_id",
            postgresql_where=text("merged_into_id is not null"),
            sqlite_where=text("merged_into_id is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(200))
    login: Mapped[str | None] = mapped_column(String(128))
    email: Mapped[str | None] = mapped_column(String(320))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    job_title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    room: Mapped[str] = mapped_column(String(80), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    object_guid: Mapped[str | None] = mapped_column(String(36))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    # a double: it is hidden, and its history is with that client. No foreign key: SQLite would have to
    # rebuild the table for one, and lose the triggers that the look-up lives on
    merged_into_id: Mapped[int | None] = mapped_column(Integer)
    tickets_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    calls_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    # every folded word of the name and the login, space-separated: what a substring search reads
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")

    unit: Mapped[Unit | None] = relationship()
    phones: Mapped[list[ClientPhone]] = relationship(
        back_populates="client", cascade="all, delete-orphan", order_by="ClientPhone.position"
    )

    def __repr__(self) -> str:
        return self.full_name

    @property
    def short_name(self) -> str:
        """``Ткаченко О. В.``: surname and initials, for lists."""
        surname, *rest = self.full_name.split() or [""]
        return " ".join([surname, *(f"{part[0]}." for part in rest[:2])])

    @property
    def initials(self) -> str:
        """``ТО``: the letters of an avatar."""
        return "".join(part[0] for part in self.full_name.split()[:2]).upper()

    @property
    def phone(self) -> str:
        """The first number as it was written, or an empty string."""
        return self.phones[0].number if self.phones else ""


class ClientPhone(Model):
    """A telephone number of a client; the same number may belong to several people.

    ``digits`` is the number reduced by :func:`app.text.phone_digits`, ``tail`` its reverse, so that
    both the beginning and the end of a number are found by an index.
    """

    __tablename__ = "client_phone"
    __table_args__ = (
        Index("ix_client_phone_digits", "digits", postgresql_ops={"digits": "text_pattern_ops"}),
        Index("ix_client_phone_tail", "tail", postgresql_ops={"tail": "text_pattern_ops"}),
        Index("ix_client_phone_client", "client_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(60))
    digits: Mapped[str] = mapped_column(String(40))
    tail: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    client: Mapped[Client] = relationship(back_populates="phones")


class ClientWord(Model):
    """One folded word of a client's name or login: what a prefix search reads.

    The primary key is the index of the search: (word, client_id), scanned lazily from a prefix.
    """

    __tablename__ = "client_word"
    __table_args__ = (
        Index("ix_client_word_client", "client_id"),
        Index("ix_client_word_prefix", "word", "client_id", postgresql_ops={"word": "text_pattern_ops"}),
    )

    word: Mapped[str] = mapped_column(String(80), primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)
