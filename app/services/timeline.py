"""The part of the journal that belongs to tickets a person may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.policy import Actor, is_visible
from models import JournalEntry, Ticket

RECENT_WINDOW = 400


def ticket_timeline(session: Session, ticket: Ticket) -> Sequence[JournalEntry]:
    """Everything that happened to a ticket that was accessed, newest first."""
    query = (
        select(JournalEntry)
        .where(JournalEntry.ticket_id == ticket.id)
        .order_by(JournalEntry.id.desc())
        .options(joinedload(JournalEntry.actor))
    )
    return session.scalars(query).all()


def recent_changes(session: Session, *, actor: Actor, limit: int = 10) -> list[tuple[JournalEntry, Ticket]]:
    """The latest doings of others on tickets the actor sees: of the last entries, his first few.

    Looks at a fixed window of the newest entries, so that it costs the same however long the journal is.
    """
    newest = (
        select(JournalEntry.id)
        .where(JournalEntry.ticket_id.is_not(None))
        .order_by(JournalEntry.id.desc())
        .limit(RECENT_WINDOW)
    )
    rows = session.execute(
        select(JournalEntry, Ticket)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .where(
            JournalEntry.id.in_(select(newest.subquery().c.id)),
            or_(JournalEntry.actor_id.is_(None), JournalEntry.actor_id != actor.id),
            is_visible(actor),
        )
        .order_by(JournalEntry.id.desc())
        .limit(limit)
        .options(joinedload(JournalEntry.actor))
    )
    return [(row[0], row[1]) for row in rows]
