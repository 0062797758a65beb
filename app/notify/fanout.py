"""From an outbox event to one delivery per person and channel, and onto the open pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.events import Kind
from app.notify import ladder, popup, presence
from app.notify.audience import listeners
from app.notify.planning import plan
from app.notify.queues import wake_senders
from app.notify.recipients import recipients
from app.policy import Actor, Placement, active_actors, viewers
from models import Delivery, JournalEntry, OutboxEvent, Ticket, rows_changed, utcnow

RETOLD_AFTER = timedelta(seconds=30)
RETOLD_UNTIL = timedelta(minutes=10)
# after these nobody needs to be called to the ticket any louder, or is called anew
STOPS = ladder.STARTS | {Kind.TICKET_TAKEN, Kind.TICKET_COMPLETED, Kind.TICKET_ARCHIVED}


@dataclass(frozen=True)
class _FormerPlace:
    """Where the ticket was before a transfer: those who saw it there must lose the row."""

    author_id: int
    assignee_id: int | None
    department_id: int


def fan_out(session: Session, event_id: int) -> bool:
    """Make the deliveries of one event, commit, then emit. Returns False if another did it already.

    The claim is a conditional UPDATE in the deliveries' transaction, so a killed worker leaves
    either nothing or everything; a lost emit is made good by :func:`tell_again`.
    """
    claimed = session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id == event_id, OutboxEvent.fanned_out_at.is_(None))
        .values(fanned_out_at=utcnow())
    )
    if rows_changed(claimed) != 1:
        session.rollback()
        return False
    event = session.get_one(OutboxEvent, event_id, options=[joinedload(OutboxEvent.entry)])
    entry = event.entry
    ticket = session.get(Ticket, entry.ticket_id) if entry.ticket_id else None
    if ticket is not None and entry.kind in STOPS:
        ladder.stop(session, ticket.id, before=entry.id)
    deliveries = [
        Delivery(event_id=event.id, wanted_at=one.due_at, **vars(one))
        for one in plan(session, entry, ticket, _told(session, entry, ticket))
    ]
    session.add_all(deliveries)
    audience = viewers(session, *_placements(ticket, entry)) if ticket else set()
    session.flush()
    notices = [(d.user_id, d.id) for d in deliveries if d.channel == popup.CHANNEL]
    others = [(d.id, d.channel, d.is_urgent) for d in deliveries if _goes_now(d)]
    kind, change = entry.kind, _change(ticket, entry)
    session.commit()
    if change is not None:
        popup.tell_changed(audience, change)
    for user_id, delivery_id in notices:
        popup.tell_notice(user_id, delivery_id, ticket_id=change.ticket_id if change else None, kind=kind)
    wake_senders(session, others)
    return True


def _told(session: Session, entry: JournalEntry, ticket: Ticket | None) -> list[Actor]:
    """The people to be told, with their roles."""
    told = recipients(session, entry, ticket)
    return [actor for actor in active_actors(session) if actor.id in told] if told else []


def _goes_now(delivery: Delivery) -> bool:
    """Pop-ups have their own way, and what is due later is found when it is (app.notify.queues)."""
    return delivery.channel != popup.CHANNEL and delivery.due_at <= utcnow()


def _change(ticket: Ticket | None, entry: JournalEntry) -> popup.Change | None:
    """What open pages must redraw: nothing for news about no ticket."""
    if ticket is None:
        return None
    return popup.Change(ticket.id, entry.kind, ticket.version, ticket.activity, entry.actor_id)


def _placements(ticket: Ticket, entry: JournalEntry) -> list[Placement]:
    places: list[Placement] = [ticket]
    if "department_id" in entry.old or "assignee_id" in entry.old:
        places.append(
            _FormerPlace(
                author_id=ticket.author_id,
                assignee_id=entry.old.get("assignee_id", ticket.assignee_id),
                department_id=entry.old.get("department_id", ticket.department_id),
            )
        )
    return places


def tell_again(session: Session) -> int:
    """Emit popups that nobody's page has shown yet; a page shows each once, so this is harmless.

    Only to people who have a page open (the others ask for what they missed) and who may still hear of it.
    """
    now, online = utcnow(), presence.everyone_online()
    if not online:
        return 0
    rows = session.execute(
        select(Delivery.id, Delivery.user_id, JournalEntry.kind, Ticket)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .join(JournalEntry, JournalEntry.id == OutboxEvent.journal_id)
        .outerjoin(Ticket, Ticket.id == JournalEntry.ticket_id)
        .where(
            Delivery.channel == popup.CHANNEL,
            Delivery.sent_at.is_(None),
            Delivery.user_id.in_(online),
            Delivery.created_at < now - RETOLD_AFTER,
            Delivery.created_at > now - RETOLD_UNTIL,
        )
        .order_by(Delivery.id)
    ).all()
    seeing = {ticket.id: viewers(session, ticket) for ticket in {row.Ticket for row in rows if row.Ticket}}
    hearing = {kind: listeners(session, kind) for kind in {row.kind for row in rows if not row.Ticket}}
    allowed = [
        row for row in rows if row.user_id in (seeing[row.Ticket.id] if row.Ticket else hearing[row.kind])
    ]
    for row in allowed:
        number = row.Ticket.id if row.Ticket else None
        popup.tell_notice(row.user_id, row.id, ticket_id=number, kind=row.kind)
    return len(allowed)


def waiting_events(session: Session, *, limit: int = 500, older_than: timedelta = timedelta()) -> list[int]:
    """Outbox rows that nobody has fanned out: their poke was lost or their worker died."""
    query = select(OutboxEvent.id).where(
        OutboxEvent.fanned_out_at.is_(None), OutboxEvent.created_at <= utcnow() - older_than
    )
    return list(session.scalars(query.order_by(OutboxEvent.id).limit(limit)))
