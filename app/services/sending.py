"""Sending one delivery: claimed, checked against the policy of this moment, handed over, written down.

A killed process leaves a claim that ends by itself; the next try carries the same key, so that a provider
(or the reader's program) sees that it is the same message.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.notify import health
from app.notify.channels.base import Channel, ChannelError, Permanent, Receipt, Temporary
from app.notify.channels.registry import CHANNELS, kind_of
from app.services.digests import companions, free_companions
from app.services.message_texts import compose
from app.services.sending_checks import Ready, Reason, Skip, prepare
from models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    JournalEntry,
    OutboxEvent,
    rows_changed,
    utcnow,
)

log = logging.getLogger(__name__)
# between two tries; after the last the delivery is dead
BACK_OFF = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
)


def deliver(session: Session, delivery_id: int) -> DeliveryStatus | None:
    """Try one delivery now. Returns how it stands afterwards, None if it was not ours to try.

    Commits; never raises for what a channel or one message does.
    """
    delivery = _claim(session, delivery_id)
    if delivery is None:
        return None
    together = [delivery]
    try:
        return _try(session, delivery, together)
    except Skip as skipped:
        free_companions(session, delivery)
        status = DeliveryStatus.DEAD if skipped.reason is Reason.TOO_LATE else DeliveryStatus.SKIPPED
        return _write(session, delivery, status=status, error=skipped.reason)
    except ChannelError as error:
        return _failed(session, together, error)
    except Exception as error:
        # nonsense from a provider, a fault of ours: it stays this message's own affair
        log.exception("delivery %s broke", delivery_id)
        session.rollback()
        return _failed(session, together, Temporary(type(error).__name__, is_channel=False))


def _try(session: Session, delivery: Delivery, together: list[Delivery]) -> DeliveryStatus:
    """Check, compose, hand over. What goes in one message is added to ``together``."""
    ready = prepare(session, delivery)
    rest = health.resting_until(session, kind_of(delivery.channel))
    if rest is not None:
        # the channel's trouble is not this message's: its tries are not counted
        return _write(session, delivery, due_at=rest, attempts=delivery.attempts - 1)
    if delivery.is_held:
        together += companions(session, delivery)
    message = compose(session, together[1:], ready=ready)
    session.commit()  # no lock is held while a provider thinks
    return _sent(session, ready, together, ready.channel.send(message))


def _claim(session: Session, delivery_id: int) -> Delivery | None:
    """Take the delivery for ourselves until the lease ends; None if it is sent, not due, or another's."""
    now = utcnow()
    channel = session.scalar(select(Delivery.channel).where(Delivery.id == delivery_id))
    if channel is None or channel == ChannelName.POPUP:
        return None
    claimed = session.execute(
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.due_at <= now,
            Delivery.batch == "",
            or_(Delivery.held_until.is_(None), Delivery.held_until <= now),
        )
        .values(held_until=now + _lease(channel), attempts=Delivery.attempts + 1, queued_until=None)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    if rows_changed(claimed) != 1:
        return None
    event = joinedload(Delivery.event).joinedload(OutboxEvent.entry).joinedload(JournalEntry.actor)
    return session.get_one(Delivery, delivery_id, options=[event], populate_existing=True)


def _lease(channel: str) -> timedelta:
    return timedelta(seconds=_class_of(channel).seconds + 30)


def _class_of(channel: str) -> type[Channel]:
    """The class of a delivery's channel; of one that is known no more, what all have in common."""
    return CHANNELS.get(kind_of(channel), Channel)


def _sent(session: Session, ready: Ready, together: Sequence[Delivery], receipt: Receipt) -> DeliveryStatus:
    now = utcnow()
    for number, one in enumerate(together):
        one.status, one.sent_at, one.address = DeliveryStatus.SENT, now, ready.address[:320]
        one.provider_id, one.error, one.held_until = receipt.provider_id[:200], "", None
        if number == 0:  # the one message is billed once
            one.parts, one.cost = receipt.parts, receipt.cost
    health.has_worked(session, kind_of(ready.delivery.channel))
    session.commit()
    return DeliveryStatus.SENT


def _failed(session: Session, deliveries: Sequence[Delivery], error: ChannelError) -> DeliveryStatus:
    """Later again, or given up; the channel's health is told when it is the channel that fails."""
    now, text = utcnow(), str(error)[:300]
    patience = _class_of(deliveries[0].channel).patience
    for one in deliveries:
        one.held_until, one.error = None, text
        is_over = isinstance(error, Permanent) or one.attempts > len(BACK_OFF)
        if is_over or now > one.wanted_at + patience:
            one.status = DeliveryStatus.DEAD
        else:
            asked = error.retry_after if isinstance(error, Temporary) else None
            one.due_at = now + max(asked or timedelta(), BACK_OFF[one.attempts - 1])
    if isinstance(error, Temporary) and error.is_channel:
        health.has_failed(session, kind_of(deliveries[0].channel), text)
    elif isinstance(error, Permanent):
        health.has_worked(session, kind_of(deliveries[0].channel))  # it answered: the address is bad, not it
    session.commit()
    return DeliveryStatus(deliveries[0].status)


def _write(session: Session, delivery: Delivery, **values: Any) -> DeliveryStatus:
    """Set these columns, give the claim back, commit."""
    for name, value in values.items():
        setattr(delivery, name, value)
    delivery.held_until = None
    session.commit()
    return DeliveryStatus(delivery.status)


def send_again(session: Session, ids: Sequence[int], *, now: datetime | None = None) -> int:
    """Let dead deliveries be tried anew; returns how many. Within the caller's transaction."""
    result = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.status == DeliveryStatus.DEAD)
        .values(
            status=DeliveryStatus.WAITING,
            attempts=0,
            batch="",
            due_at=now or utcnow(),
            wanted_at=now or utcnow(),
            held_until=None,
            queued_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    count: int = rows_changed(result)
    return count
