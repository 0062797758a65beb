"""How many messages went over what, how many failed, how fast they were and what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import case, extract, func, literal_column, select
from sqlalchemy.orm import Session

from app.notify.channels.registry import kind_of
from app.policy import Actor
from app.services.ledger import ensure_administrator
from models import ChannelName, Delivery, DeliveryStatus, OutboxEvent, Staff, utcnow

PERIODS = (7, 30, 90)  # days
TOP = 10
MEASURED = 50_000  # of the latest messages the speed is told: more would say the same, slower


@dataclass(frozen=True)
class Speed:
    """Seconds from an event to its message, of those that were not held back; ``count`` of them."""

    channel: str
    count: int
    median: float
    p95: float


@dataclass(frozen=True)
class Spender:
    """What one person's short messages came to."""

    name: str
    parts: int
    cost: Decimal


@dataclass(frozen=True)
class Statistics:
    """The numbers of a period. ``sent`` by channel and day; ``ends`` by channel and status; ``retried`` by
    channel: sent or given up after more than one try; ``parts`` and ``cost`` of SMS by day."""

    days: Sequence[date]
    sent: Mapping[str, Mapping[date, int]]
    ends: Mapping[str, Mapping[str, int]]
    retried: Mapping[str, int]
    parts: Mapping[date, int]
    cost: Mapping[date, Decimal]
    speeds: Sequence[Speed]
    spenders: Sequence[Spender]


def read_statistics(session: Session, days: int, *, actor: Actor) -> Statistics:
    """The last ``days`` days, this one among them, in the helpdesk's time zone: three statements.

    Raises Forbidden.
    """
    ensure_administrator(actor)
    zone = ZoneInfo(current_app.config["TIME_ZONE"])
    today = utcnow().astimezone(zone).date()
    listed = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = datetime.combine(listed[0], time(), zone).astimezone(UTC)
    sent: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    ends: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    retried: dict[str, int] = defaultdict(int)
    parts: dict[date, int] = defaultdict(int)
    cost: dict[date, Decimal] = defaultdict(Decimal)
    for row in _by_hour(session, since):
        channel, day = kind_of(row.channel), row.hour.astimezone(zone).date()
        ends[channel][row.status] += row.count
        retried[channel] += row.retried
        if row.status == DeliveryStatus.SENT:
            sent[channel][day] += row.count
        if channel == ChannelName.SMS:
            parts[day] += row.parts
            cost[day] += row.cost
    return Statistics(
        listed, sent, ends, retried, parts, cost, read_speeds(session, since), _spenders(session, since)
    )


@dataclass(frozen=True)
class _Hour:
    channel: str
    status: str
    hour: datetime
    count: int
    retried: int
    parts: int
    cost: Decimal


def _by_hour(session: Session, since: datetime) -> list[_Hour]:
    """Deliveries by channel, status and hour: a day is made of hours in the zone of the helpdesk."""
    hour = _hour_of(session)
    tried_again = func.sum(case((Delivery.attempts > 1, 1), else_=0))
    query = (
        select(
            Delivery.channel,
            Delivery.status,
            hour,
            func.count(),
            tried_again,
            func.coalesce(func.sum(Delivery.parts), 0),
            func.coalesce(func.sum(Delivery.cost), 0),
        )
        .where(Delivery.created_at >= since)
        .group_by(Delivery.channel, Delivery.status, hour)
    )
    return [
        _Hour(row[0], row[1], _moment(row[2]), row[3], row[4], row[5], Decimal(str(row[6])))
        for row in session.execute(query)
    ]


def _hour_of(session: Session) -> Any:
    """The hour of a delivery's making, as each database says it."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime(literal_column("'%Y-%m-%d %H:00:00'"), Delivery.created_at)
    return func.date_trunc(literal_column("'hour'"), Delivery.created_at)


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def read_speeds(session: Session, since: datetime) -> list[Speed]:
    """How long each channel takes from the event until the provider has it (nearest rank): one statement.

    Without what waited on purpose: held back for quiet hours, or a step of the ladder.
    """
    seconds = _seconds_between(session, OutboxEvent.created_at, Delivery.sent_at)
    # all of a person's own messengers are one channel
    channel = case((Delivery.channel.startswith("own:"), "own"), else_=Delivery.channel).label("channel")
    taken = (
        select(channel, seconds.label("seconds"))
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .where(
            Delivery.created_at >= since,
            Delivery.status == DeliveryStatus.SENT,
            Delivery.channel != ChannelName.POPUP,
            Delivery.is_held.is_(False),
            Delivery.rung == 0,
        )
        .order_by(Delivery.created_at.desc())
        .limit(MEASURED)
        .subquery()
    )
    ranked = select(
        taken.c.channel,
        taken.c.seconds,
        func.row_number().over(partition_by=taken.c.channel, order_by=taken.c.seconds).label("rank"),
        func.count().over(partition_by=taken.c.channel).label("total"),
    ).subquery()
    # (total + 1) / 2 and (19 * total + 19) / 20 in whole numbers: ceil(50 %) and ceil(95 %)
    middle = ranked.c.rank == (ranked.c.total + 1) // 2
    high = ranked.c.rank == (ranked.c.total * 19 + 19) // 20
    query = select(ranked.c.channel, ranked.c.total, ranked.c.rank, ranked.c.seconds).where(middle | high)
    found: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    for row in session.execute(query.order_by(ranked.c.channel, ranked.c.rank)):
        found[row.channel].append((row.rank, max(float(row.seconds), 0.0), row.total))
    return [Speed(name, ranks[0][2], ranks[0][1], ranks[-1][1]) for name, ranks in sorted(found.items())]


def _seconds_between(session: Session, start: Any, end: Any) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(end) - func.julianday(start)) * 86400.0
    return extract("epoch", end - start)


def _spenders(session: Session, since: datetime) -> list[Spender]:
    """Whose short messages cost most."""
    parts, cost = func.sum(Delivery.parts), func.sum(Delivery.cost)
    query = (
        select(Staff.first_name, Staff.last_name, parts, cost)
        .join(Staff, Staff.id == Delivery.user_id)
        .where(Delivery.created_at >= since, Delivery.channel == ChannelName.SMS, Delivery.parts > 0)
        .group_by(Staff.id, Staff.first_name, Staff.last_name)
        .order_by(parts.desc(), Staff.id)
        .limit(TOP)
    )
    return [
        Spender(f"{row[0]} {row[1]}".strip(), row[2], Decimal(str(row[3]))) for row in session.execute(query)
    ]
