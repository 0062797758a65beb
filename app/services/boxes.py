"""Inbox, outbox and archive: lists that cost the same however many tickets there are.

A page is read by key, never by offset: one short index scan per rule of sight, the few candidates
united, the first ``limit`` of them loaded. Counters look at live tickets only (partial indexes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session, joinedload, selectinload

from app.policy import Actor, inbox_terms
from app.services.box_query import (
    Box,
    BoxQuery,
    Filter,
    Sort,
    beyond,
    conditions_of,
    keys_of,
    live,
    read_cursor,
    terms_of,
    write_cursor,
)
from app.services.reading import MUTED, UNREAD, mute_join, read_join
from models import Client, Department, Staff, State, Ticket, TicketRead, TicketWatch, Unit

__all__ = [
    "LARGEST_PAGE",
    "ROW_OPTIONS",
    "Box",
    "BoxPage",
    "BoxQuery",
    "Counters",
    "Filter",
    "Sort",
    "count_boxes",
    "count_up_to",
    "cursor_of",
    "load_rows",
    "read_page",
    "read_row",
]

LARGEST_PAGE = 100


@dataclass(frozen=True)
class BoxPage:
    """One page: its tickets, which of them are unread, and the cursors to go on ("" at an end).

    ``muted``: of which the person hears nothing any more.
    """

    tickets: Sequence[Ticket]
    unread: frozenset[int] = field(default_factory=frozenset)
    after: str = ""
    before: str = ""
    muted: frozenset[int] = field(default_factory=frozenset)


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


_NAME = (Staff.first_name, Staff.last_name)
# what a row shows and nothing else: narrow rows are half the cost of a list
ROW_OPTIONS = (
    joinedload(Ticket.client)
    .load_only(Client.full_name, Client.room, Client.unit_id)
    .options(joinedload(Client.unit).load_only(Unit.name), selectinload(Client.phones)),
    joinedload(Ticket.department).load_only(Department.name, Department.short_name),
    joinedload(Ticket.author).load_only(*_NAME),
    joinedload(Ticket.assignee).load_only(*_NAME),
    joinedload(Ticket.taken_by).load_only(*_NAME),
    joinedload(Ticket.done_by).load_only(*_NAME),
)


def read_page(session: Session, query: BoxQuery, *, actor: Actor) -> BoxPage:
    """One page of a box, in at most three statements."""
    limit = max(1, min(query.limit, LARGEST_PAGE))
    keys, descending = keys_of(query)
    backwards = bool(query.before) and not query.after
    cursor = read_cursor(query.before if backwards else query.after, keys)
    down = descending != backwards
    ids = _read_ids(session, query, keys, cursor, actor=actor, down=down, limit=limit + 1)
    more, ids = len(ids) > limit, ids[:limit]
    if backwards:
        ids.reverse()
    tickets, unread, muted = load_rows(session, ids, actor=actor)
    has_next = bool(cursor) if backwards else more
    has_previous = more if backwards else bool(cursor)
    return BoxPage(
        tickets=tickets,
        unread=unread,
        after=write_cursor(tickets[-1], keys) if tickets and has_next else "",
        before=write_cursor(tickets[0], keys) if tickets and has_previous else "",
        muted=muted,
    )


def _read_ids(
    session: Session,
    query: BoxQuery,
    keys: list[Any],
    cursor: list[Any],
    *,
    actor: Actor,
    down: bool,
    limit: int,
) -> list[int]:
    """The numbers of a page in their order: one short index scan per rule of sight, united.

    Asked for apart from the rows: in one statement with their joins the planner reads every ticket.
    """
    conditions = [*conditions_of(query, actor), *beyond(cursor, keys, down)]
    order = [key.desc() if down else key.asc() for key in keys]
    columns = [Ticket.id, *(key for key in keys if key is not Ticket.id)]
    scans = [
        select(select(*columns).where(term, *conditions).order_by(*order).limit(limit).subquery())
        for term in terms_of(query.box, actor)
    ]
    # a ticket may be there by several rules: UNION names it once
    found = (union(*scans) if len(scans) > 1 else scans[0]).subquery()
    ordered = [found.c[key.key].desc() if down else found.c[key.key].asc() for key in keys]
    return list(session.scalars(select(found.c.id).order_by(*ordered).limit(limit)))


def load_rows(
    session: Session, ids: list[int], *, actor: Actor
) -> tuple[list[Ticket], frozenset[int], frozenset[int]]:
    """The tickets of these numbers in this order, which of them are unread, and which are muted.

    The numbers must come from a query that starts from the policy. The archive is never unread: it has
    nothing new, and most of it nobody ever opened.
    """
    if not ids:
        return [], frozenset(), frozenset()
    rows = session.execute(_marked(actor).where(Ticket.id.in_(ids))).all()
    found = {row[0].id: row for row in rows}
    # a ticket that is deleted between the two statements is simply not there
    shown = [found[number] for number in ids if number in found]
    return (
        [row[0] for row in shown],
        frozenset(row[0].id for row in shown if row[1] and row[0].state != State.ARCHIVED),
        frozenset(row[0].id for row in shown if row[2]),
    )


def _marked(actor: Actor) -> Select[Ticket, bool, bool]:
    """Tickets as rows show them, each with the person's own marks: unread, muted."""
    return (
        select(Ticket, UNREAD, MUTED)
        .outerjoin(TicketRead, read_join(actor))
        .outerjoin(TicketWatch, mute_join(actor))
        .options(*ROW_OPTIONS)
    )


def cursor_of(ticket: Ticket, query: BoxQuery) -> str:
    """The place of a ticket in a list: what ``after`` and ``before`` of a query take."""
    return write_cursor(ticket, keys_of(query)[0])


def count_up_to(session: Session, queries: Sequence[BoxQuery], *, actor: Actor, most: int = 1000) -> int:
    """How many tickets the lists hold together, each once; never looks at more than ``most + 1`` per rule."""
    scans = [
        select(select(Ticket.id).where(term, *conditions_of(query, actor)).limit(most + 1).subquery())
        for query in queries
        for term in terms_of(query.box, actor)
    ]
    found = (union(*scans) if len(scans) > 1 else scans[0]).subquery()
    return min(session.scalar(select(func.count()).select_from(found)) or 0, most + 1)


def read_row(
    session: Session, ticket_id: int, query: BoxQuery, *, actor: Actor
) -> tuple[Ticket, bool, bool] | None:
    """One ticket, whether it is unread, and muted, if it belongs into this view of the box, else None."""
    asked = Ticket.id == ticket_id, or_(*terms_of(query.box, actor)), *conditions_of(query, actor)
    row = session.execute(_marked(actor).where(*asked)).one_or_none()
    return (row[0], bool(row[1]), bool(row[2])) if row else None


def count_boxes(session: Session, *, actor: Actor) -> Counters:
    """All counters of one person in one statement over live tickets."""
    taken_by_me = Ticket.taken_by_id == actor.id
    in_work = Ticket.state == State.IN_WORK
    counted = session.execute(
        select(
            func.count(),
            func.count().filter(Ticket.state == State.FREE),
            func.count().filter(and_(in_work, taken_by_me)),
            func.count().filter(and_(in_work, Ticket.taken_by_id != actor.id)),
            func.count().filter(Ticket.state == State.DONE),
            func.count().filter(UNREAD),
            _count_written(actor),
            _count_written(actor, Ticket.state != State.DONE),
        )
        .select_from(Ticket)
        .outerjoin(TicketRead, read_join(actor))
        .where(live(), or_(*inbox_terms(actor)))
    ).one()
    return Counters(*counted)


def _count_written(actor: Actor, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many live tickets the person has written down; counted apart from the statement around it."""
    written = (live(), Ticket.author_id == actor.id, *conditions)
    return select(func.count()).select_from(Ticket).where(*written).correlate(None).scalar_subquery()
