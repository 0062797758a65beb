"""News for one person: what he was told, and which page of his shows it as a popup.

A delivery is shown once: the page that wins the conditional UPDATE shows it, all others stay silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.events import Kind
from app.policy import Actor, Verb, is_visible
from app.services.reading import UNREAD, read_join
from app.workflow import allowed_moves
from models import Delivery, JournalEntry, OutboxEvent, Ticket, TicketRead, utcnow

POPUP = "popup"
MISSED_AT_MOST = 100
UNREAD_WINDOW = 200

_ICONS = {
    Kind.TICKET_CREATED: "envelope-plus",
    Kind.TICKET_TRANSFERRED: "arrow-right-circle",
    Kind.TICKET_TAKEN: "play-circle",
    Kind.TICKET_RELEASED: "arrow-counterclockwise",
    Kind.TICKET_COMPLETED: "check-circle",
    Kind.TICKET_REOPENED: "arrow-repeat",
    Kind.TICKET_COMMENTED: "chat-left-text",
}


@dataclass(frozen=True)
class Notice:
    """One piece of news about a ticket that the person sees, in his words."""

    delivery: Delivery
    entry: JournalEntry
    ticket: Ticket
    text: str
    icon: str
    unread: bool
    may_take: bool


def _news(actor: Actor) -> Select[Delivery, bool]:
    """His deliveries about tickets that he sees now, with all that a line of the list needs."""
    return (
        select(Delivery, UNREAD.label("unread"))
        .join(Delivery.event)
        .join(OutboxEvent.entry)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .outerjoin(TicketRead, read_join(actor))
        .where(Delivery.user_id == actor.id, Delivery.channel == POPUP, is_visible(actor))
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
    """The news if this call is the first to show it and the person still sees the ticket, else None.

    Writes within the caller's transaction; a delivery that is hidden by now counts as shown.
    """
    if not _claim(session, Delivery.id == delivery_id, actor=actor):
        return None
    row = session.execute(_news(actor).where(Delivery.id == delivery_id)).one_or_none()
    if row is None:
        return None
    return _notices(session, [(row[0], bool(row[1]))], actor)[0]


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
    """How many of his latest news are about tickets that he has not looked at since."""
    latest = (
        select(Delivery.id)
        .where(Delivery.user_id == actor.id, Delivery.channel == POPUP)
        .order_by(Delivery.id.desc())
        .limit(UNREAD_WINDOW)
        .subquery()
    )
    query = _news(actor).where(Delivery.id.in_(select(latest.c.id)), UNREAD)
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
        .values(sent_at=utcnow(), attempts=Delivery.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    count: int = result.rowcount  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
    return count


def _notices(session: Session, rows: Sequence[tuple[Delivery, bool]], actor: Actor) -> list[Notice]:
    ids = {delivery.event.entry.ticket_id for delivery, _unread in rows}
    query = select(Ticket).where(Ticket.id.in_(ids)).options(joinedload(Ticket.client))
    tickets = {ticket.id: ticket for ticket in session.scalars(query)} if ids else {}
    notices = []
    for delivery, unread in rows:
        entry = delivery.event.entry
        ticket = tickets[entry.ticket_id or 0]
        notices.append(
            Notice(
                delivery=delivery,
                entry=entry,
                ticket=ticket,
                text=_words(entry, actor),
                icon=_ICONS.get(Kind(entry.kind), "bell"),
                unread=unread,
                may_take=Verb.TAKE in allowed_moves(actor, ticket),
            )
        )
    return notices


def _words(entry: JournalEntry, actor: Actor) -> str:
    """What has happened, as a headline for this person."""
    name = entry.actor.full_name if entry.actor else _("Helpdesk")
    sentences: dict[str, Callable[[], object]] = {
        Kind.TICKET_CREATED: lambda: _created(entry, actor),
        Kind.TICKET_TRANSFERRED: lambda: _transferred(entry, actor, name),
        Kind.TICKET_TAKEN: lambda: _("%(name)s took it", name=name),
        Kind.TICKET_RELEASED: lambda: _("%(name)s released it", name=name),
        Kind.TICKET_COMPLETED: lambda: _("%(name)s completed it", name=name),
        Kind.TICKET_REOPENED: lambda: _("%(name)s reopened it", name=name),
        Kind.TICKET_COMMENTED: lambda: _("%(name)s commented", name=name),
    }
    sentence = sentences.get(entry.kind)
    return str(sentence() if sentence else _("%(name)s changed it", name=name))


def _created(entry: JournalEntry, actor: Actor) -> object:
    mine = entry.new.get("assignee_id") == actor.id
    return _("New ticket for you") if mine else _("New ticket for your department")


def _transferred(entry: JournalEntry, actor: Actor, name: str) -> object:
    """To him by name, to a department of his, or past him (he wrote it or had it)."""
    place = entry.new
    if place.get("assignee_id") == actor.id:
        return _("Transferred to you")
    if place.get("department_id") in actor.departments:
        return _("Transferred to your department")
    return _("%(name)s sent it on", name=name)
