"""How far each person has read each ticket."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.policy import Actor
from models import Ticket, TicketRead, TicketWatch


def mark_read(session: Session, ticket: Ticket, *, actor: Actor) -> None:
    """Remember that this person has seen the ticket as it is now."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"user_id": actor.id, "ticket_id": ticket.id, "activity": ticket.activity}
    statement = dialect.insert(TicketRead).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "ticket_id"],
            set_={"activity": statement.excluded.activity},
            # a page that was loaded earlier and answers later must not make the ticket unread again
            where=TicketRead.activity < statement.excluded.activity,
        )
    )


def read_join(actor: Actor) -> Any:
    """The ON of an outer join to this person's read marks; with it, :data:`UNREAD` is a condition."""
    return and_(TicketRead.ticket_id == Ticket.id, TicketRead.user_id == actor.id)


UNREAD = TicketRead.ticket_id.is_(None) | (TicketRead.activity < Ticket.activity)


def mute_join(actor: Actor) -> Any:
    """The ON of an outer join to what this person hears; with it, :data:`MUTED` is a condition."""
    return and_(TicketWatch.ticket_id == Ticket.id, TicketWatch.user_id == actor.id)


MUTED = TicketWatch.watches.is_(False)
