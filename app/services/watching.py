"""What a person wants to hear of one ticket: as usual, everything, or nothing."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind, record
from app.policy import Actor
from models import Staff, Ticket, TicketRead, TicketWatch


class Hearing(StrEnum):
    """The three states. Nothing: still what is sent to him by name."""

    USUAL = "usual"
    ALL = "all"
    NOTHING = "nothing"


def hearing_of(session: Session, ticket: Ticket, *, actor: Actor) -> Hearing:
    """How it stands now."""
    row = session.get(TicketWatch, (actor.id, ticket.id))
    return _hearing(None if row is None else row.watches)


def _hearing(watches: bool | None) -> Hearing:
    return Hearing.USUAL if watches is None else Hearing.ALL if watches else Hearing.NOTHING


def own_marks(session: Session, ticket: Ticket, *, actor: Actor) -> tuple[int | None, Hearing]:
    """Up to which activity the person has read the ticket (None: never opened), and what he hears of it."""
    read = select(TicketRead.activity).where(
        TicketRead.user_id == actor.id, TicketRead.ticket_id == ticket.id
    )
    heard = select(TicketWatch.watches).where(
        TicketWatch.user_id == actor.id, TicketWatch.ticket_id == ticket.id
    )
    activity, watches = session.execute(select(read.scalar_subquery(), heard.scalar_subquery())).one()
    return activity, _hearing(watches)


def set_hearing(session: Session, ticket: Ticket, wanted: str, *, actor: Actor) -> Hearing:
    """Keep it for a ticket that was accessed, and journal it as a setting of his. Raises Invalid."""
    if wanted not in set(Hearing):
        raise Invalid(fields={"hearing": _("Choose as usual, everything or nothing.")})
    session.get_one(Staff, actor.id, with_for_update=True)  # two tabs at once: one after the other
    now, then = hearing_of(session, ticket, actor=actor), Hearing(wanted)
    if now == then:
        return then
    row = session.get(TicketWatch, (actor.id, ticket.id))
    if then == Hearing.USUAL:
        session.delete(row)
    else:
        row = row or TicketWatch(user_id=actor.id, ticket_id=ticket.id)
        row.watches = then == Hearing.ALL
        session.add(row)
    session.flush()
    record(
        session,
        Kind.SETTINGS_EDITED,
        actor=actor,
        subject=f"staff {actor.id} ticket {ticket.id}",
        old={"hearing": now},
        new={"hearing": then},
    )
    return then
