"""What can be asked of a box: its conditions, its order and its place as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false, literal, literal_column, tuple_

from app.policy import Actor, inbox_terms, sight_terms
from app.services.rows import LARGEST_ID
from models import Priority, State, Ticket

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


def live() -> ColumnElement[bool]:
    """Everything that is not in the archive: what the hot indexes hold."""
    return Ticket.state.op("<>")(_ARCHIVED)


def archived() -> ColumnElement[bool]:
    """What the archive holds."""
    return Ticket.state == _ARCHIVED


def terms_of(box: Box, actor: Actor) -> list[ColumnElement[bool]]:
    """The rules by which tickets are in this box, one term each, meant to be OR-ed or united."""
    match box:
        case Box.INBOX:
            return inbox_terms(actor)
        case Box.OUTBOX:
            return [Ticket.author_id == actor.id]
    return sight_terms(actor)


def conditions_of(query: BoxQuery, actor: Actor) -> list[ColumnElement[bool]]:
    """What narrows the box down: its state and the filters, meant to be AND-ed."""
    conditions = [archived() if query.box == Box.ARCHIVE else live()]
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


def keys_of(query: BoxQuery) -> tuple[list[Any], bool]:
    """The columns of the order, and whether it descends. The archive is ordered by number only."""
    if query.sort == Sort.OLD:
        return [Ticket.id], False
    if query.box != Box.ARCHIVE and query.sort == Sort.PRIORITY:
        return [Ticket.priority, Ticket.id], True
    if query.box != Box.ARCHIVE and query.sort == Sort.ACTIVITY:
        return [Ticket.updated_at, Ticket.id], True
    return [Ticket.id], True


def beyond(cursor: list[Any], keys: list[Any], down: bool) -> list[ColumnElement[bool]]:
    """What lies behind a cursor in the direction of reading; nothing without a cursor."""
    if not cursor:
        return []
    if len(keys) == 1:
        return [keys[0] < cursor[0] if down else keys[0] > cursor[0]]
    row = tuple_(*keys)
    edge = tuple_(*(literal(value, key.type) for value, key in zip(cursor, keys, strict=True)))
    return [row < edge if down else row > edge]


def write_cursor(ticket: Ticket, keys: list[Any]) -> str:
    """The place of a ticket in an order, as digits and dots."""
    values = [getattr(ticket, key.key) for key in keys]
    return ".".join(
        str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else str(value)
        for value in values
    )


def read_cursor(text: str, keys: list[Any]) -> list[Any]:
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
