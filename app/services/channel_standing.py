"""How the channels fare: on or off, working or not, and what lies before and behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.notify.caps import midnight
from app.notify.channels.registry import CHANNELS, CONSOLE_SWITCH, kind_of, settings_of
from app.services.channel_settings import Stored
from models import ChannelHealth, ChannelName, ChannelSetting, Delivery, DeliveryStatus, utcnow


class Health(StrEnum):
    """A channel's condition in one word."""

    NEVER = "never"
    WORKS = "works"
    FAILING = "failing"
    RESTING = "resting"


@dataclass(frozen=True)
class Standing:
    """One channel as the list shows it. ``since``: when it last worked, or since when it fails."""

    name: str
    stored: Stored
    health: Health
    since: datetime | None
    until: datetime | None
    error: str
    is_console: bool
    today: int = 0
    waiting: int = 0
    dead: int = 0


def standings(session: Session) -> list[Standing]:
    """All channels in the order of the screens."""
    rows = {row.channel: row for row in session.scalars(select(ChannelSetting))}
    health = {row.channel: row for row in session.scalars(select(ChannelHealth))}
    today = _count(session, Delivery.sent_at >= midnight(), Delivery.created_at >= midnight(2))
    waiting = _count(session, Delivery.status == DeliveryStatus.WAITING)
    dead = _count(session, Delivery.status == DeliveryStatus.DEAD)
    found = []
    for name, channel in CHANNELS.items():
        row = rows.get(name)
        stored = Stored(channel, row, settings_of(channel, row))
        word, since, until = condition(health.get(name))
        found.append(
            Standing(
                name=name,
                stored=stored,
                health=word,
                since=since,
                until=until,
                error=health[name].error if name in health else "",
                is_console=stored.settings.flag(CONSOLE_SWITCH),
                today=today.get(name, 0),
                waiting=waiting.get(name, 0),
                dead=dead.get(name, 0),
            )
        )
    return found


def condition(row: ChannelHealth | None) -> tuple[Health, datetime | None, datetime | None]:
    """(word, since when, until when it rests) of a channel's health."""
    if row is None or (row.worked_at is None and row.failing_since is None):
        return Health.NEVER, None, None
    if row.resting_until is not None and row.resting_until > utcnow():
        return Health.RESTING, row.failing_since, row.resting_until
    if row.failing_since is not None:
        return Health.FAILING, row.failing_since, None
    return Health.WORKS, row.worked_at, None


def _count(session: Session, *terms: ColumnElement[bool]) -> dict[str, int]:
    """Deliveries by channel; people's own addresses count together."""
    query = select(Delivery.channel, func.count()).where(*terms, Delivery.channel != ChannelName.POPUP)
    counts: dict[str, int] = {}
    for channel, number in session.execute(query.group_by(Delivery.channel)):
        counts[kind_of(channel)] = counts.get(kind_of(channel), 0) + number
    return counts
