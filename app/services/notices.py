"""News for one person: what he was told, and which page of his shows it as a popup.

A delivery is shown once: the page that wins the conditional UPDATE shows it, all others stay silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.notify.audience import heard_kinds
from app.policy import Actor, Verb, is_visible
from app.services.news_words import Words, other_words, ticket_words
from app.services.reading import UNREAD, read_join
from app.workflow import allowed_moves
from models import (
    Delivery,
    DeliveryStatus,
    JournalEntry,
    OutboxEvent,
    Ticket,
    TicketRead,
    rows_changed,
    utcnow,
)

POPUP = "popup"
MISSED_AT_MOST = 100
UNREAD_WINDOW = 200


@dataclass(frozen=True, kw_only=True)
class Notice(Words):
    """One piece of news that the person may hear, in his words; ``ticket`` is None if it is about none."""

    delivery: Delivery
    entry: JournalEntry
    unread: bool
    ticket: Ticket | None = None
    may_take: bool = False


def _may_hear(actor: Actor) -> ColumnElement[bool]:
    """News about tickets that he sees now, and those without a ticket that his roles let him hear."""
    kinds = heard_kinds(actor)
    if not kinds:
        return is_visible(actor)
    about_ticket = and_(Ticket.id.is_not(None), is_visible(actor))
    return or_(about_ticket, and_(JournalEntry.ticket_id.is_(None), JournalEntry.kind.in_(kinds)))


def _unread(actor: Actor) -> ColumnElement[bool]:
    """A ticket's news until he has looked at the ticket since; other news until a page has shown them."""
    if not heard_kinds(actor):
        return UNREAD
    return or_(
        and_(JournalEntry.ticket_id.is_not(None), UNREAD),
        and_(JournalEntry.ticket_id.is_(None), Delivery.sent_at.is_(None)),
    )


def _news(actor: Actor) -> Select[Delivery, bool]:
    """His deliveries of what he may hear now, with all that a line of the list needs."""
    return (
        select(Delivery, _unread(actor).label("unread"))
        .join(Delivery.event)
        .join(OutboxEvent.entry)
        # an outer join only for those whose roles let them hear of more than tickets
        .join(Ticket, Ticket.id == JournalEntry.ticket_id, isouter=bool(heard_kinds(actor)))
        .outerjoin(TicketRead, read_join(actor))
        .where(Delivery.user_id == actor.id, Delivery.channel == POPUP, _may_hear(actor))
        .options(
            contains_eager(Delivery.event).contains_eager(OutboxEvent.entry).joinedload(JournalEntry.actor)
        )
    )


def list_notices(
    session: Session, *, actor: Actor, before_id: int | None = None, limit: int = 25
) -> tuple[list[Notice], int | None]:
    """A page of the person's news, newest first, and the cursor of the next one (None at the end)."""
    query = _news(actor).order_by(Delivery.id.desc()).limit(limit + 1)
    if before_id is not None:
        query = query.where(Delivery.id < before_id)
    rows = session.execute(query).all()
    notices = _notices(session, [(row[0], bool(row[1])) for row in rows[:limit]], actor)
    return notices, rows[limit - 1][0].id if len(rows) > limit else None


def claim_notice(session: Session, delivery_id: int, *, actor: Actor) -> Notice | None:
    """The news if this call is the first to show it and the person may still hear it, else None.

    Writes within the caller's transaction; a delivery that is hidden or dealt with by now counts as shown.
    """
    if not _claim(session, Delivery.id == delivery_id, actor=actor):
        return None
    row = session.execute(_news(actor).where(Delivery.id == delivery_id)).one_or_none()
    if row is None:
        return None
    notice = _notices(session, [(row[0], bool(row[1]))], actor)[0]
    return None if notice.is_over else notice


def claim_rest(session: Session, upto_id: int, *, actor: Actor) -> int:
    """Show everything up to ``upto_id`` as one summary; returns how many pieces of news that were."""
    unshown = and_(Delivery.id <= upto_id, Delivery.sent_at.is_(None))
    ids = list(session.scalars(_news(actor).where(unshown).with_only_columns(Delivery.id)))
    shown = _claim(session, Delivery.id.in_(ids), actor=actor) if ids else 0
    _claim(session, unshown, actor=actor)  # what he may not see any more is never offered again
    return shown


def missed_ids(session: Session, *, actor: Actor) -> list[int]:
    """Ids of what no page of his has shown yet, newest first, a hundred at most."""
    query = _news(actor).where(Delivery.sent_at.is_(None)).with_only_columns(Delivery.id)
    return list(session.scalars(query.order_by(Delivery.id.desc()).limit(MISSED_AT_MOST)))


def count_unread(session: Session, *, actor: Actor) -> int:
    """How many of his latest news he has not read."""
    latest = (
        select(Delivery.id)
        .where(Delivery.user_id == actor.id, Delivery.channel == POPUP)
        .order_by(Delivery.id.desc())
        .limit(UNREAD_WINDOW)
        .subquery()
    )
    query = _news(actor).where(Delivery.id.in_(select(latest.c.id)), _unread(actor))
    return session.scalar(query.with_only_columns(func.count())) or 0


def has_changed(session: Session, since: datetime | None) -> bool:
    """Whether anybody has done anything since then (None: nobody knows, so yes)."""
    latest = session.scalar(select(JournalEntry.at).order_by(JournalEntry.id.desc()).limit(1))
    return since is None or (latest is not None and latest >= since)


def _claim(session: Session, *conditions: object, actor: Actor) -> int:
    result = session.execute(
        update(Delivery)
        .where(
            *conditions,  # type: ignore[arg-type]  # column expressions
            Delivery.user_id == actor.id,
            Delivery.channel == POPUP,
            Delivery.sent_at.is_(None),
        )
        .values(sent_at=utcnow(), status=DeliveryStatus.SENT, attempts=Delivery.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    count: int = rows_changed(result)
    return count


def _notices(session: Session, rows: Sequence[tuple[Delivery, bool]], actor: Actor) -> list[Notice]:
    entries = [delivery.event.entry for delivery, _unread in rows]
    ids = {entry.ticket_id for entry in entries if entry.ticket_id is not None}
    query = select(Ticket).where(Ticket.id.in_(ids)).options(joinedload(Ticket.client))
    tickets = {ticket.id: ticket for ticket in session.scalars(query)} if ids else {}
    others = other_words(session, (entry for entry in entries if entry.ticket_id is None))
    notices = []
    for delivery, unread in rows:
        entry = delivery.event.entry
        ticket = tickets[entry.ticket_id] if entry.ticket_id is not None else None
        words = ticket_words(entry, ticket, actor) if ticket else others[entry.id]
        may_take = ticket is not None and Verb.TAKE in allowed_moves(actor, ticket)
        notices.append(
            Notice(
                **asdict(words),
                delivery=delivery,
                entry=entry,
                unread=unread,
                ticket=ticket,
                may_take=may_take,
            )
        )
    return notices
