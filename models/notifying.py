"""What people want to be told over which channel, and what the firm has set for the channels."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Json, Model, UtcDateTime, utcnow
from models.staff import Department, Staff


class ChannelName(StrEnum):
    """The ways to a person. A person's own address of another messenger has the channel ``own:<its id>``."""

    POPUP = "popup"
    PUSH = "push"
    JABBER = "jabber"
    EMAIL = "email"
    SMS = "sms"
    OWN = "own"


class ChannelSetting(Model):
    """How a channel is set up on the screen, and how it fares.

    ``values`` are its plain settings, ``sealed`` its secrets as one sealed JSON text. Without a row the
    settings of the environment hold, if there are any.
    """

    __tablename__ = "channel_setting"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_on: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class ChannelHealth(Model):
    """When a channel last worked and what it last complained of; written by whoever sends."""

    __tablename__ = "channel_health"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    worked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # while it lies in the future nothing is tried: the channel rests after failing again and again
    resting_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotificationDefault(Model):
    """What people of a role are told over a channel unless they choose otherwise.

    ``role`` is the key of a WorkRole, or ``administrator``; ``kind`` a kind of event.
    """

    __tablename__ = "notification_default"

    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_on: Mapped[bool] = mapped_column(Boolean)


class NotificationChoice(Model):
    """What one person has chosen otherwise than his roles' defaults."""

    __tablename__ = "notification_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_on: Mapped[bool] = mapped_column(Boolean)


class NotificationHabit(Model):
    """When and how one person wants to hear: quiet hours, only what is urgent by SMS, one letter for many.

    ``quiet_from`` and ``quiet_until`` are minutes after midnight in ``time_zone`` (empty: the helpdesk's);
    both empty: no quiet hours; from > until: over midnight. ``quiet_days`` are whole quiet days, ISO weekday
    digits such as ``67``.
    """

    __tablename__ = "notification_habit"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    quiet_from: Mapped[int | None] = mapped_column(Integer)
    quiet_until: Mapped[int | None] = mapped_column(Integer)
    quiet_days: Mapped[str] = mapped_column(String(7), default="", server_default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="", server_default="")
    sms_only_high: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    digest_on: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")


class DutyShift(Model):
    """Somebody is on duty for a department between two moments: urgent news reach him whatever the hour."""

    __tablename__ = "duty_shift"
    __table_args__ = (Index("ix_duty_shift_department_ends", "department_id", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[Staff] = relationship()
    department: Mapped[Department] = relationship()


class TicketWatch(Model):
    """A person wants to hear of everything about a ticket (``watches``) or of nothing any more."""

    __tablename__ = "ticket_watch"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    watches: Mapped[bool] = mapped_column(Boolean)


class OwnAddress(Model):
    """A person's own messenger: an Apprise address, sealed. ``name`` is what he calls it."""

    __tablename__ = "own_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    sealed: Mapped[str] = mapped_column(Text)
    is_on: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class PushSubscription(Model):
    """A browser that may be told while no page is open (Web Push)."""

    __tablename__ = "push_subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True)
    p256dh: Mapped[str] = mapped_column(String(200))
    auth: Mapped[str] = mapped_column(String(100))
    device: Mapped[str] = mapped_column(String(80), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    worked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LadderRung(Model):
    """A step of the ladder that an urgent ticket climbs while nobody takes it.

    Rows without a department are the ladder of every department that has none of its own.
    ``after_minutes`` counts from the moment the ticket came to the department.
    """

    __tablename__ = "ladder_rung"
    __table_args__ = (Index("ix_ladder_rung_department", "department_id", "after_minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(20))
    after_minutes: Mapped[int] = mapped_column(Integer)
    # "addressees": whom the ticket was sent to; "coordinators": the department's coordinators alone
    audience: Mapped[str] = mapped_column(String(12), default="addressees", server_default="addressees")


class MessageTemplate(Model):
    """The words of a message where the firm wants others than the delivered ones."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("kind", "channel", "locale", name="uq_message_template"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(5))
    subject: Mapped[str] = mapped_column(String(200), default="", server_default="")
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class Incoming(Model):
    """A message that came in, once: the pair says which (a stanza, a letter, an SMS)."""

    __tablename__ = "incoming"
    __table_args__ = (UniqueConstraint("source", "external_id", name="uq_incoming_source_external"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(300))
    sender: Mapped[str] = mapped_column(String(320), default="", server_default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)
    outcome: Mapped[str] = mapped_column(String(30), default="", server_default="")
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="SET NULL"))
