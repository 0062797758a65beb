"""The ledger of what was told: who, of what, when, over which channel, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.errors import Forbidden
from app.policy import Actor
from models import ChannelName, Delivery, DeliveryStatus, JournalEntry, OutboxEvent, Staff, Ticket

PAGE = 50
# a page looks through so many deliveries at most, however rare what it looks for is
WINDOW = 20_000
SLACK = 1000  # deliveries are numbered in the order of their moments, but for those made side by side
MOST_EVENTS = 2000  # of one ticket


@dataclass(frozen=True)
class Line:
    """One delivery with what the ledger says beside it."""

    delivery: Delivery
    person: str
    entry: JournalEntry


@dataclass(frozen=True)
class Page:
    """Some lines and where the next begin (0: nowhere). ``is_cut``: there may be more further back, of what
    was looked for nothing else lay in the window."""

    lines: Sequence[Line]
    older: int = 0
    is_cut: bool = False


@dataclass(frozen=True)
class LedgerQuery:
    """What of the ledger is wanted. ``since``, ``until``: moments; ``before``: older than this number."""

    channel: str = ""
    status: str = ""
    user_id: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ticket_id: int | None = None
    before: int = 0


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else: the ledger names everybody's addresses."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators open the ledger of deliveries."))


# ----------------------------------------------------------------------------------- one ticket


def told_about(session: Session, ticket: Ticket, *, after: tuple[int, int] | None = None) -> Page:
    """Who was told of a ticket that was accessed, the latest event first; one statement.

    ``after``: the event and the delivery with which the page before ended.
    """
    query = _lines().where(JournalEntry.ticket_id == ticket.id)
    if after is not None:
        event, number = after
        query = query.where(
            or_(Delivery.event_id < event, and_(Delivery.event_id == event, Delivery.id > number))
        )
    query = query.order_by(Delivery.event_id.desc(), Delivery.id).limit(PAGE + 1)
    lines = _read(session, query)
    return Page(lines[:PAGE], lines[PAGE - 1].delivery.id if len(lines) > PAGE else 0)


# ------------------------------------------------------------------------------------ everything


def read_ledger(session: Session, query: LedgerQuery, *, actor: Actor) -> Page:
    """A page of the deliveries that were asked for, the newest first. Raises Forbidden."""
    ensure_administrator(actor)
    terms = _terms(session, query)
    floor = _floor(session, query) if _is_rare(query) else 0
    selected = _lines().where(*terms, Delivery.id >= floor)
    # what waits is few, and PostgreSQL would walk along the numbers for it: a sum has no index to walk along
    number = Delivery.id + 0 if query.status == DeliveryStatus.WAITING and not floor else Delivery.id
    lines = _read(session, selected.order_by(number.desc()).limit(PAGE + 1))
    if len(lines) > PAGE:
        return Page(lines[:PAGE], lines[PAGE - 1].delivery.id)
    return Page(lines, floor if floor > 1 else 0, is_cut=floor > 1)


def dead_of(session: Session, query: LedgerQuery, *, most: int) -> list[int]:
    """The newest dead deliveries of what was asked for, at most ``most``."""
    query = replace(query, status=DeliveryStatus.DEAD)
    selected = select(Delivery.id).join(Delivery.event).join(OutboxEvent.entry)
    selected = selected.where(*_terms(session, query)).order_by(Delivery.id.desc()).limit(most)
    return list(session.scalars(selected))


def count_dead(session: Session, *, most: int) -> int:
    """How many wait for "send again", counted up to ``most``."""
    some = select(Delivery.id).where(Delivery.status == DeliveryStatus.DEAD).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def people_of_ledger(session: Session, *, most: int = 1000) -> list[tuple[int, str]]:
    """Whom one may look for: (number, name) of the staff by name."""
    query = select(Staff.id, Staff.first_name, Staff.last_name).order_by(Staff.first_name, Staff.last_name)
    return [(row[0], f"{row[1]} {row[2]}".strip()) for row in session.execute(query.limit(most))]


def _lines() -> Any:
    """Deliveries with the person's name and the journal's entry: no statement more for any of them."""
    return (
        select(Delivery, Staff.first_name, Staff.last_name, JournalEntry)
        .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
        .join(JournalEntry, JournalEntry.id == OutboxEvent.journal_id)
        .join(Staff, Staff.id == Delivery.user_id)
    )


def _read(session: Session, query: Any) -> list[Line]:
    return [Line(row[0], f"{row[1]} {row[2]}".strip(), row[3]) for row in session.execute(query)]


def _terms(session: Session, query: LedgerQuery) -> list[ColumnElement[bool]]:
    """The conditions of a query, those first that an index answers."""
    terms = _indexed(query)
    if query.channel:
        is_own = query.channel == ChannelName.OWN
        terms.append(
            Delivery.channel.startswith(f"{ChannelName.OWN}:")
            if is_own
            else Delivery.channel == query.channel
        )
    if query.kind:
        terms.append(JournalEntry.kind == query.kind)
    if query.ticket_id is not None:
        terms.append(Delivery.event_id.in_(_events_of(session, query.ticket_id)))
    if query.since is not None:
        terms += [Delivery.created_at >= query.since, Delivery.id >= _first_since(session, query.since)]
    if query.until is not None:
        terms += [Delivery.created_at < query.until, Delivery.id <= _last_before(session, query.until)]
    return terms


def _indexed(query: LedgerQuery) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = []
    if query.before:
        terms.append(Delivery.id < query.before)
    if query.user_id is not None:
        terms.append(Delivery.user_id == query.user_id)
    if query.status:
        terms.append(Delivery.status == query.status)
    if query.status == DeliveryStatus.WAITING and query.channel != ChannelName.POPUP:
        terms.append(Delivery.channel != ChannelName.POPUP)  # its own index; a pop-up waits for a page
    return terms


def _is_rare(query: LedgerQuery) -> bool:
    """Whether nothing but looking through deliveries finds these: no index leads to them."""
    has_index = query.status in (DeliveryStatus.DEAD, DeliveryStatus.WAITING)
    is_few = query.ticket_id is not None or (has_index and query.channel != ChannelName.POPUP)
    return not is_few and bool(query.channel or query.kind or query.status)


def _floor(session: Session, query: LedgerQuery) -> int:
    """The number of the last delivery that this page looks at; 0: all there are."""
    terms = _indexed(replace(query, status=""))
    if query.until is not None:
        terms.append(Delivery.id <= _last_before(session, query.until))
    number = session.scalar(
        select(Delivery.id).where(*terms).order_by(Delivery.id.desc()).offset(WINDOW - 1).limit(1)
    )
    return number or 0


def _events_of(session: Session, ticket_id: int) -> list[int]:
    """The latest events of a ticket, asked for beforehand: an index leads from each to its deliveries."""
    query = select(OutboxEvent.id).join(OutboxEvent.entry).where(JournalEntry.ticket_id == ticket_id)
    return list(session.scalars(query.order_by(JournalEntry.id.desc()).limit(MOST_EVENTS)))


def _first_since(session: Session, moment: datetime) -> int:
    query = select(Delivery.id).where(Delivery.created_at >= moment).order_by(Delivery.created_at).limit(1)
    return (session.scalar(query) or 2**62) - SLACK


def _last_before(session: Session, moment: datetime) -> int:
    earlier = Delivery.created_at < moment
    query = select(Delivery.id).where(earlier).order_by(Delivery.created_at.desc()).limit(1)
    return (session.scalar(query) or 0) + SLACK
