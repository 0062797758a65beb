"""Deliveries for tests, past fan-out and channels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind, record
from models import ChannelName, Delivery, DeliveryStatus, OutboxEvent, Staff, Ticket, utcnow
from tests.support.factories import actor_of


def make_event(session: Session, ticket: Ticket, kind: Kind = Kind.TICKET_COMMENTED) -> OutboxEvent:
    """Something that the author did to the ticket."""
    entry = record(session, kind, actor=actor_of(session, ticket.author), ticket_id=ticket.id)
    return session.scalars(select(OutboxEvent).where(OutboxEvent.journal_id == entry.id)).one()


def make_delivery(
    session: Session, event: OutboxEvent, person: Staff, channel: str = ChannelName.EMAIL, **values: Any
) -> Delivery:
    """One delivery as it stands in the table."""
    delivery = Delivery(event_id=event.id, user_id=person.id, channel=channel, **values)
    session.add(delivery)
    session.flush()
    return delivery


def make_dead(session: Session, event: OutboxEvent, person: Staff, channel: str = "email") -> Delivery:
    """One that was given up, with what the provider said of an address."""
    return make_delivery(
        session,
        event,
        person,
        channel,
        status=DeliveryStatus.DEAD,
        error="550 <olena@corp.example> unknown",
        address="olena@corp.example",
        attempts=3,
    )


def make_sent(
    session: Session,
    event: OutboxEvent,
    person: Staff,
    channel: str = "email",
    *,
    after: float = 2,
    **values: Any,
) -> Delivery:
    """One that went ``after`` seconds after its event."""
    at = event.created_at + timedelta(seconds=after)
    return make_delivery(
        session, event, person, channel, status=DeliveryStatus.SENT, sent_at=at, attempts=1, **values
    )


def later(**delta: float) -> Any:
    """A moment from now."""
    return utcnow() + timedelta(**delta)
