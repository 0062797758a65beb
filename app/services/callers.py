"""What an operator wants to know beside the card: who called last, what is open, what was corrected."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, load_only

from app.events import Kind
from app.policy import Actor, visible_tickets
from models import Client, ImportRun, JournalEntry, State, Ticket, Unit

WINDOW = 200
CHANGES_SHOWN = 25
HISTORY = (
    Kind.CLIENT_CREATED,
    Kind.CLIENT_EDITED,
    Kind.CLIENT_MERGED,
    Kind.CLIENT_UNMERGED,
    Kind.CORRECTION_ASKED,
    Kind.CORRECTION_DECIDED,
)
_RUN = re.compile(r"(?:undo of )?run (\d{1,9})")
_UNTOLD = ("merged_into_id", "object_guid")  # numbers that say nothing to people


@dataclass(frozen=True)
class Caller:
    """A client with whom the actor has spoken, and when."""

    client: Client
    at: datetime


@dataclass(frozen=True)
class ClientChange:
    """One entry of a client's history: who, when, and (column, old, new) with names instead of ids.

    ``run`` is the import run by which it came, ``is_undo`` whether by taking that run back.
    """

    entry: JournalEntry
    values: list[tuple[str, str, str]]
    run: ImportRun | None = None
    is_undo: bool = False


def latest_callers(session: Session, *, actor: Actor, limit: int = 5) -> list[Caller]:
    """The clients for whom the actor wrote a ticket or a call last, the latest first.

    Looks at a fixed window of the actor's newest doings, so that it costs the same after years.
    """
    mine = (
        select(JournalEntry.client_id, JournalEntry.kind, JournalEntry.at)
        .where(JournalEntry.actor_id == actor.id)
        .order_by(JournalEntry.id.desc())
        .limit(WINDOW)
        .subquery()
    )
    latest = func.max(mine.c.at).label("latest")
    spoken = (
        select(mine.c.client_id, latest)
        .where(mine.c.client_id.is_not(None), mine.c.kind.in_([Kind.TICKET_CREATED, Kind.CALL_RECORDED]))
        .group_by(mine.c.client_id)
        .subquery()
    )
    rows = session.execute(
        select(Client, spoken.c.latest)
        .join(spoken, spoken.c.client_id == Client.id)
        .where(Client.is_hidden.is_(False))
        .order_by(spoken.c.latest.desc())
        .limit(limit)
    )
    return [Caller(row[0], row[1]) for row in rows]


def open_numbers(session: Session, client_ids: Collection[int], *, actor: Actor) -> dict[int, int]:
    """How many free or taken tickets each of the clients has, of those the actor may see."""
    if not client_ids:
        return {}
    seen = visible_tickets(actor).with_only_columns(Ticket.client_id, func.count())
    seen = seen.where(Ticket.client_id.in_(client_ids), Ticket.state.in_((State.FREE, State.IN_WORK)))
    return {row[0]: row[1] for row in session.execute(seen.group_by(Ticket.client_id))}


def client_changes(session: Session, client_id: int) -> list[ClientChange]:
    """What was written down, corrected or asked for about a client, newest first, in three statements."""
    entries = session.scalars(
        select(JournalEntry)
        .where(JournalEntry.client_id == client_id, JournalEntry.kind.in_(HISTORY))
        .order_by(JournalEntry.id.desc())
        .limit(CHANGES_SHOWN)
        .options(joinedload(JournalEntry.actor))
    ).all()
    units = _unit_names(session, entries)
    runs = _runs(session, entries)
    return [
        ClientChange(
            entry,
            _values(entry, units),
            run=runs.get(_run_number(entry)),
            is_undo=entry.subject.startswith("undo of "),
        )
        for entry in entries
    ]


def latest_edits(session: Session, client_id: int) -> list[ClientChange]:
    """The latest edit of a client, as a list of one or none: who was faster."""
    edits = (
        change for change in client_changes(session, client_id) if change.entry.kind == Kind.CLIENT_EDITED
    )
    return list(islice(edits, 1))


def _run_number(entry: JournalEntry) -> int:
    """The run that an entry's subject ("run 12", "undo of run 12") or its facts name; 0 without one."""
    found = _RUN.fullmatch(entry.subject)
    number = int(found[1]) if found else entry.new.get("run")
    return number if isinstance(number, int) else 0


def _runs(session: Session, entries: Sequence[JournalEntry]) -> dict[int, ImportRun]:
    numbers = {number for entry in entries if (number := _run_number(entry))}
    if not numbers:
        return {}
    query = select(ImportRun).where(ImportRun.id.in_(numbers))
    query = query.options(load_only(ImportRun.kind, ImportRun.title))
    return {run.id: run for run in session.scalars(query)}


def _unit_names(session: Session, entries: Sequence[JournalEntry]) -> dict[int, str]:
    ids = {side.get("unit_id") for entry in entries for side in (entry.old, entry.new)} - {None}
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids)))}


def _values(entry: JournalEntry, units: dict[int, str]) -> list[tuple[str, str, str]]:
    if entry.kind in (Kind.CLIENT_MERGED, Kind.CLIENT_UNMERGED):
        return []
    if entry.kind == Kind.CORRECTION_DECIDED:
        old, new = {}, {entry.new.get("field", ""): entry.new.get("value")}
    else:
        old, new = entry.old, entry.new

    def word(name: str, value: object) -> str:
        if value in (None, "", []):
            return ""
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if name == "unit_id" and isinstance(value, int):
            return units.get(value, str(value))
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    names = dict.fromkeys([*old, *new])
    pairs = [
        (name, word(name, old.get(name)), word(name, new.get(name))) for name in names if name not in _UNTOLD
    ]
    return [(name, old, new) for name, old, new in pairs if old != new]
