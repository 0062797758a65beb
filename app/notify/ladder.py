"""The ladder that an urgent ticket climbs, louder with every rung, until somebody takes it."""

from __future__ import annotations

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.events import Kind
from models import (
    Delivery,
    DeliveryStatus,
    JournalEntry,
    LadderRung,
    OutboxEvent,
    Priority,
    State,
    Ticket,
    rows_changed,
)

TAKEN = "taken"  # why a rung was not climbed
# whom a rung calls
ADDRESSEES, COORDINATORS = "addressees", "coordinators"
# the events with which a ticket comes to people, and with which its ladder starts anew
STARTS = frozenset({Kind.TICKET_CREATED, Kind.TICKET_TRANSFERRED, Kind.TICKET_RELEASED, Kind.TICKET_REOPENED})


def told_as(entry: JournalEntry, ticket: Ticket | None) -> str:
    """As which kind an event is told: a free ticket that has become urgent calls people like a new one."""
    raised = entry.kind == Kind.TICKET_EDITED and entry.new.get("priority") == Priority.HIGH
    is_free = ticket is not None and ticket.state == State.FREE
    return Kind.TICKET_CREATED if raised and is_free else entry.kind


def climbs(kind: str, ticket: Ticket) -> bool:
    """Whether this event puts the ticket onto the ladder: it is urgent, and nobody works on it."""
    return kind in STARTS and ticket.priority == Priority.HIGH and ticket.state == State.FREE


def rungs_of(session: Session, department_id: int) -> list[LadderRung]:
    """The department's own rungs, or else everybody's, in the order in which they are climbed."""
    query = select(LadderRung).where(
        or_(LadderRung.department_id == department_id, LadderRung.department_id.is_(None))
    )
    rows = list(session.scalars(query.order_by(LadderRung.after_minutes, LadderRung.id)))
    own = [row for row in rows if row.department_id is not None]
    return own or rows


def has_ended(session: Session, event: OutboxEvent, ticket: Ticket) -> bool:
    """Whether the ladder that this event began is over: somebody took the ticket, it is urgent no more, or
    a later event (it was sent on) began another."""
    if ticket.state != State.FREE or ticket.priority != Priority.HIGH:
        return True
    later = (
        select(JournalEntry.id)
        .where(
            JournalEntry.ticket_id == ticket.id,
            JournalEntry.id > event.journal_id,
            JournalEntry.kind.in_(sorted(STARTS | {Kind.TICKET_TAKEN})),
        )
        .limit(1)
    )
    return session.scalar(later) is not None


def stop(session: Session, ticket_id: int, *, before: int) -> int:
    """Skip the rungs that wait because of events before this journal entry; returns how many.

    Whoever sends asks :func:`has_ended` once more: this one is for the eyes of those who read the ledger.
    """
    events = (
        select(OutboxEvent.id)
        .join(JournalEntry, JournalEntry.id == OutboxEvent.journal_id)
        .where(JournalEntry.ticket_id == ticket_id, JournalEntry.id < before)
    )
    stopped = session.execute(
        update(Delivery)
        .where(Delivery.event_id.in_(events), Delivery.rung > 0, Delivery.status == DeliveryStatus.WAITING)
        .values(status=DeliveryStatus.SKIPPED, error=TAKEN)
        .execution_options(synchronize_session=False)
    )
    count: int = rows_changed(stopped)
    return count
