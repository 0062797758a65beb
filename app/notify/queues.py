"""The queues of deliveries: one pair per channel, so that a channel that hangs keeps only itself waiting."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from rq import Retry
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.extensions import queue
from app.notify.channels.registry import CHANNELS, kind_of
from models import ChannelName, Delivery, DeliveryStatus, utcnow

log = logging.getLogger(__name__)
SEND = "jobs.delivering.send"
# a place in a queue is believed in for so long; then the delivery may be queued once more
QUEUED_FOR = timedelta(seconds=20)
AT_ONCE = 500


def queue_names(channel: str) -> tuple[str, str]:
    """A channel's two queues, the urgent one first."""
    name = kind_of(channel)
    return f"{name}-high", name


def wake_senders(session: Session, deliveries: Iterable[tuple[int, str, bool]]) -> int:
    """Queue these deliveries (id, channel, urgent); returns how many.

    A Redis that is away or loses them is harmless: :func:`queue_due` finds them. Commits.
    """
    queued: list[int] = []
    try:
        for number, channel, is_urgent in deliveries:
            urgent, usual = queue_names(channel)
            queue(urgent if is_urgent else usual).enqueue(
                SEND,
                number,
                result_ttl=0,
                failure_ttl=3600,
                # for a worker that is killed: what goes wrong in a try has its own ladder (jobs.delivering)
                retry=Retry(max=3),
                job_timeout=CHANNELS[kind_of(channel)].seconds + 30,
            )
            queued.append(number)
    except (RedisError, OSError) as error:
        log.warning("no Redis, deliveries wait for the sweep: %s", error)
    if queued:
        session.execute(
            update(Delivery).where(Delivery.id.in_(queued)).values(queued_until=utcnow() + QUEUED_FOR)
        )
        session.commit()
    return len(queued)


def due(session: Session, now: datetime, *, limit: int = AT_ONCE) -> list[tuple[int, str, bool]]:
    """Deliveries whose moment has come and that lie in no queue, the urgent and the oldest first."""
    query = (
        select(Delivery.id, Delivery.channel, Delivery.is_urgent)
        .where(
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.channel != ChannelName.POPUP,
            Delivery.due_at <= now,
            Delivery.batch == "",
            or_(Delivery.queued_until.is_(None), Delivery.queued_until <= now),
            or_(Delivery.held_until.is_(None), Delivery.held_until <= now),
        )
        .order_by(Delivery.is_urgent.desc(), Delivery.due_at)
        .limit(limit)
    )
    return [(row.id, row.channel, row.is_urgent) for row in session.execute(query)]


def queue_due(session: Session) -> int:
    """Queue what is due: back-offs, rungs, the ends of quiet hours, and what a killed process left behind."""
    found = due(session, utcnow())
    return wake_senders(session, found) if found else 0
