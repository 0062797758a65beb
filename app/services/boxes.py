"""Inbox, outbox and archive: lists that cost the same however many tickets there are.

A page is read by key, never by offset: one short index scan per rule of sight, the few candidates
united, the first ``limit`` of them loaded. Counters look at live tickets only (partial indexes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session, joinedload

from app.policy import Actor, inbox_terms, sight_terms
from app.services.reading import UNREAD, read_join
from app.services.rows import LARGEST_ID
from models import Client, Priority, State, Ticket, TicketRead

LARGEST_PAGE = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# rendered into the statement, not bound: only so does PostgreSQL see that a partial index fits
_ARCHIVED: ColumnElement[str] = literal_column("'archived'")


class Box(StrEnum):
    """Sent to me or my departments / written by me / completed long enough ago."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    ARCHIVE = "archive"


class Filter(StrEnum):
    """The quick filters of a box."""

    ALL = "all"
    FREE = "free"
    MINE = "mine"
    OTHERS = "others"
    DONE = "done"


class Sort(StrEnum):
    """What stands first."""

    NEW = "new"
    OLD = "old"
    PRIORITY = "priority"
    ACTIVITY = "activity"


@dataclass(frozen=True)
class BoxQuery:
    """What a person asked a box for. ``after`` and ``before`` are cursors of :class:`BoxPage`."""

    box: Box = Box.INBOX
    filter: Filter = Filter.ALL
    sort: Sort = Sort.NEW
    limit: int = 25
    after: str = ""
    before: str = ""
    department_id: int | None = None
    topic_id: int | None = None
    client_id: int | None = None
    priority: int | None = None
    assignee_id: int | None = None


@dataclass(frozen=True)
class BoxPage:
    """One page: its tickets, which of them are unread, and the cursors to go on ("" at an end)."""

    tickets: Sequence[Ticket]
    unread: frozenset[int] = field(default_factory=frozenset)
    after: str = ""
    before: str = ""


@dataclass(frozen=True)
class Counters:
    """Live tickets of a person: his inbox by filter, the unread in it, his outbox."""

    all: int = 0
    free: int = 0
    mine: int = 0
    others: int = 0
    done: int = 0
    unread: int = 0
    outbox: int = 0
    outbox_open: int = 0


ROW_OPTIONS = (
    joinedload(Ticket.client).joinedload(Client.unit),
    joinedload(Ticket.client).selectinload(Client.phones),
    joinedload(Ticket.department),
    joinedload(Ticket.author),
    joinedload(Ticket.assignee),
    joinedload(Ticket.taken_by),
    joinedload(Ticket.done_by),
)


def read_page(session: Session, query: BoxQuery, *, actor: Actor) -> BoxPage:
    """One page of a box, in at most three statements."""
    limit = max(1, min(query.limit, LARGEST_PAGE))
    keys, descending = _keys(query)
    backwards = bool(query.before) and not query.after
    cursor = _read_cursor(query.before if backwards else query.after, keys)
    down = descending != backwards
    order = [key.desc() if down else key.asc() for key in keys]
    conditions = [*_conditions(query, actor), *_beyond(cursor, keys, down)]
    scans = [
        select(select(Ticket.id).where(term, *conditions).order_by(*order).limit(limit + 1).subquery())
        for term in _terms(query.box, actor)
    ]
    rows = session.execute(
        select(Ticket, UNREAD)
        .outerjoin(TicketRead, read_join(actor))
        .where(Ticket.id.in_(union_all(*scans) if len(scans) > 1 else scans[0]))
        .order_by(*order)
        .limit(limit + 1)
        .options(*ROW_OPTIONS)
    ).all()
    more, shown = len(rows) > limit, list(rows[:limit])
    if backwards:
        shown.reverse()
    tickets = [row[0] for row in shown]
    has_next = bool(cursor) if backwards else more
    has_previous = more if backwards else bool(cursor)
    return BoxPage(
        tickets=tickets,
        unread=frozenset(row[0].id for row in shown if row[1]),
        after=_cursor(tickets[-1], keys) if tickets and has_next else "",
        before=_cursor(tickets[0], keys) if tickets and has_previous else "",
    )


def cursor_of(ticket: Ticket, query: BoxQuery) -> str:
    """The place of a ticket in a list: what ``after`` and ``before`` of a query take."""
    return _cursor(ticket, _keys(query)[0])


def count_up_to(session: Session, queries: Sequence[BoxQuery], *, actor: Actor, most: int = 1000) -> int:
    """How many tickets the lists hold together, each once; never looks at more than ``most + 1`` per rule."""
    scans = [
        select(select(Ticket.id).where(term, *_conditions(query, actor)).limit(most + 1).subquery())
        for query in queries
        for term in _terms(query.box, actor)
    ]
    found = (union(*scans) if len(scans) > 1 else scans[0]).subquery()
    return min(session.scalar(select(func.count()).select_from(found)) or 0, most + 1)


def read_row(
    session: Session, ticket_id: int, query: BoxQuery, *, actor: Actor
) -> tuple[Ticket, bool] | None:
    """One ticket and whether it is unread, if it belongs into this view of the box, else None."""
    row = session.execute(
        select(Ticket, UNREAD)
        .outerjoin(TicketRead, read_join(actor))
        .where(Ticket.id == ticket_id, or_(*_terms(query.box, actor)), *_conditions(query, actor))
        .options(*ROW_OPTIONS)
    ).one_or_none()
    return (row[0], bool(row[1])) if row else None


def count_boxes(session: Session, *, actor: Actor) -> Counters:
    """All counters of one person in two statements over live tickets."""
    taken_by_me = Ticket.taken_by_id == actor.id
    in_work = Ticket.state == State.IN_WORK
    inbox = session.execute(
        select(
            func.count(),
            func.count().filter(Ticket.state == State.FREE),
            func.count().filter(and_(in_work, taken_by_me)),
            func.count().filter(and_(in_work, Ticket.taken_by_id != actor.id)),
            func.count().filter(Ticket.state == State.DONE),
            func.count().filter(UNREAD),
        )
        .select_from(Ticket)
        .outerjoin(TicketRead, read_join(actor))
        .where(_live(), or_(*inbox_terms(actor)))
    ).one()
    outbox = session.execute(
        select(func.count(), func.count().filter(Ticket.state != State.DONE))
        .select_from(Ticket)
        .where(_live(), Ticket.author_id == actor.id)
    ).one()
    return Counters(*inbox, *outbox)


# ---------------------------------------------------------------------------------- pieces


def _live() -> ColumnElement[bool]:
    return Ticket.state.op("<>")(_ARCHIVED)


def _archived() -> ColumnElement[bool]:
    return Ticket.state == _ARCHIVED


def _terms(box: Box, actor: Actor) -> list[ColumnElement[bool]]:
    match box:
        case Box.INBOX:
            return inbox_terms(actor)
        case Box.OUTBOX:
            return [Ticket.author_id == actor.id]
    return sight_terms(actor)


def _conditions(query: BoxQuery, actor: Actor) -> list[ColumnElement[bool]]:
    conditions = [_archived() if query.box == Box.ARCHIVE else _live()]
    in_work = Ticket.state == State.IN_WORK
    match query.filter:
        case Filter.FREE:
            conditions.append(Ticket.state == State.FREE)
        case Filter.MINE:
            conditions += [in_work, Ticket.taken_by_id == actor.id]
        case Filter.OTHERS:
            conditions += [in_work, Ticket.taken_by_id != actor.id]
        case Filter.DONE:
            conditions.append(Ticket.state == State.DONE)
    for name in ("department_id", "topic_id", "client_id", "priority", "assignee_id"):
        wanted = getattr(query, name)
        if wanted is not None:
            known = 0 <= wanted <= LARGEST_ID  # beyond that the databases would raise
            conditions.append(getattr(Ticket, name) == wanted if known else false())
    return conditions


def _keys(query: BoxQuery) -> tuple[list[Any], bool]:
    """The columns of the order, and whether it descends. The archive is ordered by number only."""
    if query.sort == Sort.OLD:
        return [Ticket.id], False
    if query.box != Box.ARCHIVE and query.sort == Sort.PRIORITY:
        return [Ticket.priority, Ticket.id], True
    if query.box != Box.ARCHIVE and query.sort == Sort.ACTIVITY:
        return [Ticket.updated_at, Ticket.id], True
    return [Ticket.id], True


def _beyond(cursor: list[Any], keys: list[Any], down: bool) -> list[ColumnElement[bool]]:
    if not cursor:
        return []
    if len(keys) == 1:
        return [keys[0] < cursor[0] if down else keys[0] > cursor[0]]
    row = tuple_(*keys)
    edge = tuple_(*(literal(value, key.type) for value, key in zip(cursor, keys, strict=True)))
    return [row < edge if down else row > edge]


def _cursor(ticket: Ticket, keys: list[Any]) -> str:
    values = [getattr(ticket, key.key) for key in keys]
    return ".".join(
        str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else str(value)
        for value in values
    )


def _read_cursor(text: str, keys: list[Any]) -> list[Any]:
    """The values of a cursor; a broken one is as good as none: the first page."""
    parts = text.split(".")
    if len(parts) != len(keys) or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        return []
    values: list[Any] = [int(part) for part in parts]
    if values[-1] > LARGEST_ID or (keys[0].key == "priority" and values[0] > Priority.HIGH):
        return []
    if keys[0].key == "updated_at":
        values[0] = EPOCH + timedelta(microseconds=values[0])
    return values
