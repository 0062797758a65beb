"""What a channel is: its settings, how it sends one message, what it says when that goes wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel.speaklater import LazyString

from models import Staff

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Message:
    """What one person is told over one channel, in his language.

    ``key`` is the delivery's and stays the same however often it is tried: a channel makes the provider's id
    of it, so that a second try is seen for what it is. ``thread`` names what belongs together ("ticket-12");
    ``ticket_id`` is None for news about no ticket; ``reply_to`` is where answers by
    e-mail go, if anywhere. ``url`` is absolute where the helpdesk knows its address.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str = ""
    url: str = ""
    thread: str = ""
    ticket_id: int | None = None
    locale: str = "uk"
    is_urgent: bool = False
    reply_to: str = ""


@dataclass(frozen=True)
class Receipt:
    """The provider has the message. ``parts``: how many it bills; ``cost``: in the settings' currency."""

    provider_id: str = ""
    parts: int = 1
    cost: Decimal = NOTHING


class ChannelError(Exception):
    """A message did not go. The text holds no secret and no message; people read it on the ledger."""


class Temporary(ChannelError):
    """Trying again later may help. ``retry_after``: when the provider itself said so.

    ``is_channel``: nobody's messages go now (the provider is away), not just this one.
    """

    def __init__(self, text: str, *, retry_after: timedelta | None = None, is_channel: bool = True) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.is_channel = is_channel


class Permanent(ChannelError):
    """Trying again will not help: a bad address, a refusal for good."""


class FieldKind(StrEnum):
    """How a setting is asked for on the screen."""

    TEXT = "text"
    AREA = "area"
    NUMBER = "number"
    MONEY = "money"
    FLAG = "flag"
    CHOICE = "choice"
    SECRET = "secret"  # kept sealed, never shown again


@dataclass(frozen=True)
class Field:
    """One setting of a channel. ``choices`` are (value, label); ``help`` says what to write."""

    name: str
    label: LazyString | str
    kind: FieldKind = FieldKind.TEXT
    default: Any = ""
    is_required: bool = False
    help: LazyString | str = ""
    choices: tuple[tuple[str, LazyString | str], ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Settings:
    """A channel's settings as they are now: plain values and opened secrets, defaults filled in."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Secrets stand among the values: none is ever printed."""
        return f"Settings({', '.join(sorted(self.values))})"

    def text(self, name: str) -> str:
        """A setting as text, without spaces around it."""
        return str(self.values.get(name) or "").strip()

    def number(self, name: str, default: int = 0) -> int:
        """A setting as a whole number."""
        value = self.values.get(name)
        return int(value) if value not in (None, "") else default

    def money(self, name: str) -> Decimal:
        """A setting as an amount."""
        return Decimal(str(self.values.get(name) or 0))

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.values.get(name))


class Channel(ABC):
    """One way to people. Made anew for every message from the settings as they are then, so it must be
    cheap to make; what lives longer (a connection) it finds where it keeps it.

    ``patience``: after how long a message over this channel is worth nothing any more.
    ``seconds``: how long one try may take at most; a channel keeps its own time-outs below it.
    """

    name: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]] = ()
    patience: ClassVar[timedelta] = timedelta(days=1)
    seconds: ClassVar[int] = 30

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @staticmethod
    @abstractmethod
    def address_of(person: Staff) -> str:
        """Where this person is reached; empty: not over this channel."""

    @abstractmethod
    def send(self, message: Message) -> Receipt:
        """Hand one message over. Raises Temporary or Permanent; whatever else it raises counts as temporary
        and touches this message alone."""

    @abstractmethod
    def check(self) -> None:
        """Ask the provider whether it is there and knows us, sending nothing. Raises ChannelError."""

    def is_reached_otherwise(self, person: Staff) -> bool:
        """Whether the person sits before a screen anyway, so that this channel may spare its message."""
        return False
