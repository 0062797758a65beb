"""What was given up is tried once more: chosen deliveries, all of a filter, or one of a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound
from app.events import Kind, record
from app.notify.channels.registry import CHANNELS, kind_of
from app.notify.queues import wake_senders
from app.policy import Actor, is_chief
from app.services.ledger import LedgerQuery, dead_of, ensure_administrator
from app.services.sending import send_again
from models import Delivery, DeliveryStatus, JournalEntry, OutboxEvent, Ticket

MOST_AT_ONCE = 500


def send_chosen_again(session: Session, ids: Sequence[int], *, actor: Actor) -> list[int]:
    """Try these dead deliveries anew; returns those that were dead. Raises Forbidden."""
    ensure_administrator(actor)
    return _again(session, _dead(session, ids), actor=actor)


def send_found_again(session: Session, query: LedgerQuery, *, upto: int, actor: Actor) -> list[int]:
    """Try the dead deliveries of a filter anew, at most :data:`MOST_AT_ONCE`; what died after the person saw
    their number (``upto``: the newest then) stays for him to see. Raises Forbidden."""
    ensure_administrator(actor)
    found = [number for number in dead_of(session, query, most=MOST_AT_ONCE) if number <= upto]
    return _again(session, found, actor=actor)


def send_told_again(session: Session, ticket: Ticket, delivery_id: int, *, actor: Actor) -> list[int]:
    """Try one dead delivery of a ticket that was accessed anew. Raises Forbidden, NotFound."""
    if not is_chief(actor, ticket):
        raise Forbidden(_("Only coordinators and administrators send again."))
    of_ticket = (
        select(Delivery.id)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .join(JournalEntry, JournalEntry.id == OutboxEvent.journal_id)
        .where(Delivery.id == delivery_id, JournalEntry.ticket_id == ticket.id)
    )
    if session.scalar(of_ticket) is None:
        raise NotFound(_("There is no such delivery."))
    return _again(session, _dead(session, [delivery_id]), actor=actor, ticket=ticket)


def wake_for(session: Session, ids: Sequence[int]) -> None:
    """After the commit: queue these now rather than at the next look at what is due. Commits."""
    query = select(Delivery.id, Delivery.channel, Delivery.is_urgent).where(Delivery.id.in_(ids))
    rows = [(row.id, row.channel, row.is_urgent) for row in session.execute(query)] if ids else []
    known = [row for row in rows if kind_of(row[1]) in CHANNELS]
    if known:
        wake_senders(session, known)


def _dead(session: Session, ids: Sequence[int]) -> list[int]:
    query = select(Delivery.id).where(Delivery.id.in_(ids), Delivery.status == DeliveryStatus.DEAD)
    return sorted(session.scalars(query)) if ids else []


def _again(session: Session, ids: list[int], *, actor: Actor, ticket: Ticket | None = None) -> list[int]:
    if ids and send_again(session, ids):
        record(
            session,
            Kind.DELIVERY_SENT_AGAIN,
            actor=actor,
            ticket_id=ticket.id if ticket else None,
            subject="deliveries",
            old={"status": DeliveryStatus.DEAD},
            new={"status": DeliveryStatus.WAITING, "deliveries": ids},
        )
    return ids
