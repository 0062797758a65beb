"""Reference data: journalled changes, what is in use and therefore stays, and merging of doubles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, func, inspect, or_, select, update
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor
from app.services.administrators import ensure_administrator_left, ensure_own_password, links_of
from models import (
    Call,
    Client,
    Comment,
    Department,
    GroupRole,
    InvitationRule,
    JournalEntry,
    Membership,
    Model,
    Staff,
    Ticket,
    Topic,
    Unit,
    UnitAlias,
    rows_changed,
)

COUNTED = 1000
# never written into the journal
SECRET = frozenset({"password"})
# change by themselves with every sign-in
NOISE = frozenset(
    {
        "last_login",
        "login_count",
        "fail_login_count",
        "changed_on",
        "created_on",
        "session_epoch",
        "keys_since",
    }
)


def snapshot(session: Session, row: Model) -> dict[str, Any]:
    """The stored columns of a row as they are in the database now; empty for a new row."""
    table, key = inspect(type(row)).local_table, inspect(row).identity
    if key is None:
        return {}
    with session.no_autoflush:
        stored = session.execute(select(table).where(*_is(table, key))).mappings().one_or_none()
    columns = {name: value for name, value in (stored or {}).items() if name not in SECRET | NOISE}
    return {**columns, **links_of(session, row)}


def _is(table: Any, key: tuple[Any, ...]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]


def subject_of(row: Model) -> str:
    """``department 3``: what a journal entry of reference data is about."""
    key = inspect(row).identity or ()
    return " ".join([inspect(type(row)).local_table.name.removeprefix("ab_"), *(str(part) for part in key)])


def create_row(session: Session, row: Model, *, actor: Actor) -> None:
    """Add a row with its journal entry to the transaction."""
    session.add(row)
    session.flush()
    new = snapshot(session, row)
    ensure_own_password(session, row, new)
    record(session, Kind.REFERENCE_CREATED, actor=actor, subject=subject_of(row), new=new)


def edit_row(session: Session, row: Model, *, actor: Actor) -> None:
    """Write a changed row with the old and new values of what really changed."""
    old = snapshot(session, row)
    session.add(row)
    session.flush()
    ensure_administrator_left(session, row)
    new = snapshot(session, row)
    changed = [name for name in new if new[name] != old.get(name)]
    ensure_own_password(session, row, changed)
    if changed:
        record(
            session,
            Kind.REFERENCE_EDITED,
            actor=actor,
            subject=subject_of(row),
            old={name: old.get(name) for name in changed},
            new={name: new[name] for name in changed},
        )


def delete_row(session: Session, row: Model, *, actor: Actor) -> None:
    """Delete a row that nothing uses. Raises Invalid that says what does and what to do instead."""
    ensure_unused(session, row)
    old, subject = snapshot(session, row), subject_of(row)
    session.delete(row)
    session.flush()
    ensure_administrator_left(session, row)
    record(session, Kind.REFERENCE_DELETED, actor=actor, subject=subject, old=old)


# ----------------------------------------------------------------------------------- in use


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    """How many rows there are, looked at up to :data:`COUNTED`."""
    found = select(1).where(condition).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


# each text stands in its own call, otherwise it is not found for translation
_WORDS: dict[str, Callable[[int, str], str]] = {
    "ticket": lambda n, more: ngettext("%(num)d%(more)s ticket", "%(num)d%(more)s tickets", n, more=more),
    "call": lambda n, more: ngettext("%(num)d%(more)s call", "%(num)d%(more)s calls", n, more=more),
    "person": lambda n, more: ngettext("%(num)d%(more)s person", "%(num)d%(more)s people", n, more=more),
    "topic": lambda n, more: ngettext("%(num)d%(more)s topic", "%(num)d%(more)s topics", n, more=more),
    "client": lambda n, more: ngettext("%(num)d%(more)s client", "%(num)d%(more)s clients", n, more=more),
    "comment": lambda n, more: ngettext("%(num)d%(more)s comment", "%(num)d%(more)s comments", n, more=more),
    "line": lambda n, more: ngettext(
        "%(num)d%(more)s line of the white list", "%(num)d%(more)s lines of the white list", n, more=more
    ),
    "group": lambda n, more: ngettext(
        "%(num)d%(more)s group of the directory", "%(num)d%(more)s groups of the directory", n, more=more
    ),
    "entry": lambda n, more: ngettext(
        "%(num)d%(more)s journal entry", "%(num)d%(more)s journal entries", n, more=more
    ),
}


def _phrases(session: Session, row: Model) -> list[str]:
    """Who uses the row, in words."""
    uses: list[tuple[str, ColumnElement[bool]]] = []
    key = row.id
    match row:
        case Department():
            uses = [
                ("ticket", Ticket.department_id == key),
                ("call", Call.department_id == key),
                ("person", Membership.department_id == key),
                ("topic", Topic.department_id == key),
                ("line", and_(InvitationRule.department_id == key, InvitationRule.revoked_at.is_(None))),
                ("group", GroupRole.department_id == key),
            ]
        case Topic():
            uses = [("ticket", Ticket.topic_id == key), ("call", Call.topic_id == key)]
        case Unit():
            uses = [("client", Client.unit_id == key)]
        case Staff():
            uses = [
                ("ticket", _part_of(key)),
                ("call", Call.author_id == key),
                ("comment", Comment.author_id == key),
                ("entry", JournalEntry.actor_id == key),
            ]
    counted = [(word, _count(session, condition)) for word, condition in uses]
    return [_WORDS[word](number, "+" if number == COUNTED else "") for word, number in counted if number]


def _part_of(user_id: int) -> ColumnElement[bool]:
    columns = (Ticket.author_id, Ticket.assignee_id, Ticket.taken_by_id, Ticket.done_by_id)
    return or_(*(column == user_id for column in columns))


def ensure_unused(session: Session, row: Model) -> None:
    """Raise Invalid while anything refers to the row, with the reason and the way out."""
    uses = ", ".join(_phrases(session, row))
    if not uses:
        return
    match row:
        case Staff():
            message = _("%(name)s is part of: %(uses)s. Disable the account instead.", name=row, uses=uses)
        case Topic() | Unit():
            message = _(
                "%(name)s is used by: %(uses)s. Hide it, or merge it with another.", name=row, uses=uses
            )
        case _:
            message = _("%(name)s is used by: %(uses)s. Hide it instead.", name=row, uses=uses)
    raise Invalid(message)


# ------------------------------------------------------------------------------------ merge


def merge_rows(
    session: Session, table: type[Topic] | type[Unit], sources: list[int], target_id: int, *, actor: Actor
) -> int:
    """Move everything that uses ``sources`` to the row ``target_id``, delete them, journal it.

    Returns how many rows were merged away. Raises NotFound for an id that is not there.
    """
    target = session.get(table, target_id)
    wanted = set(sources) - {target_id}
    query: Any = select(table).where(table.id.in_(wanted))
    rows: list[Topic | Unit] = list(session.scalars(query))
    if target is None or len(rows) != len(wanted):
        raise NotFound(_("One of these is not there any more."))
    for row in rows:
        moved = _move_users(session, table, row.id, target_id)
        old, subject = snapshot(session, row), subject_of(row)
        if isinstance(row, Unit):
            _remember_name(session, row, target_id)
        session.delete(row)
        session.flush()
        new = {"merged_into": target_id, "moved": moved}
        record(session, Kind.REFERENCE_DELETED, actor=actor, subject=subject, old=old, new=new)
    return len(rows)


def _remember_name(session: Session, unit: Unit, target_id: int) -> None:
    """Imports go on writing the old name, and mean the unit that it is now."""
    moved = update(UnitAlias).where(UnitAlias.unit_id == unit.id).values(unit_id=target_id)
    session.execute(moved.execution_options(synchronize_session=False))
    session.merge(UnitAlias(name=unit.name.casefold(), unit_id=target_id))


def _move_users(session: Session, table: type[Topic] | type[Unit], source: int, target: int) -> int:
    moved = 0
    columns: list[tuple[Any, Any]] = (
        [(Client, Client.unit_id)] if table is Unit else [(Ticket, Ticket.topic_id), (Call, Call.topic_id)]
    )
    for user, column in columns:
        result = session.execute(
            update(user)
            .where(column == source)
            .values({column: target})
            .execution_options(synchronize_session=False)
        )
        moved += rows_changed(result)
    session.expire_all()
    return moved
