"""The rows of the phone book in force, and what they say of the clients they are joined with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from app.policy import Actor
from app.services.client_rows import MOST_PHONES
from app.services.merging import survivor_id
from app.services.telling import Statement, tell
from app.text import phone_digits
from models import (
    BookRow,
    Client,
    ImportRun,
    MatchDecision,
    RowStanding,
    RunKind,
    RunStage,
    Source,
    Verdict,
)

# the fields a phone book can speak of; a client whose row is gone is told nothing in them any more
BOOK_FIELDS = ("full_name", "phones", "room", "unit", "job_title", "email")
JOINED = (RowStanding.LINKED, RowStanding.CREATED)


def current_book(session: Session) -> ImportRun | None:
    """The last phone book that was applied and not taken back."""
    query = select(ImportRun).where(ImportRun.kind == RunKind.BOOK, ImportRun.stage == RunStage.APPLIED)
    return session.scalars(query.order_by(ImportRun.id.desc()).limit(1)).first()


def count_standings(session: Session, run_id: int) -> dict[str, int]:
    """How many rows of a book there are of each standing."""
    query = select(BookRow.standing, func.count()).where(BookRow.run_id == run_id).group_by(BookRow.standing)
    return {row[0]: row[1] for row in session.execute(query)}


def row_values(rows: Sequence[BookRow]) -> dict[str, Any]:
    """What the rows of one person say: all telephones, and of other fields the first word."""
    numbers = {phone_digits(n): n for row in reversed(rows) for n in reversed(row.phones) if phone_digits(n)}
    ordered = [n for row in rows for n in row.phones if numbers.get(phone_digits(n)) == n]
    return {
        "full_name": next((row.name for row in rows if row.name), ""),
        "phones": list(dict.fromkeys(ordered))[:MOST_PHONES],
        "room": next((row.room for row in rows if row.room), ""),
        "unit": next((row.unit for row in rows if row.unit), None),
        "job_title": next((row.job_title for row in rows if row.job_title), ""),
        "email": next((row.email for row in rows if row.email), None),
    }


def tell_rows(
    session: Session,
    book_id: int,
    client_ids: Iterable[int],
    *,
    run: ImportRun,
    actor: Actor | None,
) -> int:
    """Let the book say of these clients what their rows say now; returns of how many it says anything new.

    A client without a row is told nothing any more: the book's earlier words about him go.
    """
    ids = sorted({survivor_id(session, client_id) for client_id in client_ids})
    changed = 0
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        rows: dict[int, list[BookRow]] = {}
        joined = select(BookRow).where(
            BookRow.run_id == book_id, BookRow.client_id.in_(part), BookRow.standing.in_(JOINED)
        )
        for row in session.scalars(joined.order_by(BookRow.row)):
            rows.setdefault(row.client_id or 0, []).append(row)
        query = select(Client).where(Client.id.in_(part)).options(selectinload(Client.phones))
        nothing = dict.fromkeys(BOOK_FIELDS)
        statements = [
            Statement(client, row_values(rows[client.id]) if client.id in rows else nothing)
            for client in session.scalars(query)
        ]
        changed += sum(tell(session, statements, source=Source.BOOK, run=run, actor=actor))
    return changed


def take_back_decisions(session: Session, run: ImportRun) -> None:
    """Let the rows of a bench run fall back to what was decided before, or to what the machine said."""
    keys = set(session.scalars(select(MatchDecision.key).where(MatchDecision.run_id == run.id)))
    session.execute(delete(MatchDecision).where(MatchDecision.run_id == run.id))
    rows = session.scalars(select(BookRow).where(BookRow.run_id == run.parent_id, BookRow.key.in_(keys)))
    judge_rows(session, rows.all())


def judge_rows(session: Session, rows: Sequence[BookRow]) -> None:
    """Give rows the state that follows from all decisions about them, else from the machine's word."""
    decisions: dict[str, list[MatchDecision]] = {}
    keys = [row.key for row in rows]
    for start in range(0, len(keys), 500):
        query = select(MatchDecision).where(MatchDecision.key.in_(keys[start : start + 500]))
        for decision in session.scalars(query.order_by(MatchDecision.id)):
            decisions.setdefault(decision.key, []).append(decision)
    for row in rows:
        _judge(session, row, decisions.get(row.key, []))


def refused_pairs(session: Session) -> set[tuple[str, int]]:
    """(row key, client id) of everything that persons have said no to."""
    query = select(MatchDecision.key, MatchDecision.client_id).where(MatchDecision.verdict == Verdict.REFUSED)
    return {(row[0], row[1]) for row in session.execute(query) if row[1] is not None}


def weigh_decisions(decisions: Iterable[MatchDecision]) -> tuple[MatchDecision | None, set[int | None]]:
    """Of all words about a row, the earliest first: the one that stands, and whom it is not."""
    standing: MatchDecision | None = None
    refused: set[int | None] = set()
    for decision in decisions:
        if decision.verdict == Verdict.REOPENED:
            standing, refused = None, set()
        elif decision.verdict == Verdict.REFUSED:
            refused.add(decision.client_id)
            if standing is not None and standing.client_id in (decision.client_id, None):
                standing = None
        else:
            standing = decision
            refused.discard(decision.client_id)
    return standing, refused


def _judge(session: Session, row: BookRow, decisions: Sequence[MatchDecision]) -> None:
    standing, refused = weigh_decisions(decisions)
    row.is_decided = standing is not None
    if standing is not None:
        row.standing = standing.verdict
        row.client_id = survivor_id(session, standing.client_id) if standing.client_id else None
        return
    if row.found_standing == RowStanding.LINKED and row.found_client_id not in refused:
        row.standing, row.client_id = row.found_standing, row.found_client_id
        return
    left = [c for c in row.candidates if c["client_id"] not in refused]
    row.standing = (
        RowStanding.DOUBTFUL
        if left and row.found_standing != RowStanding.UNMATCHED
        else RowStanding.UNMATCHED
    )
    row.client_id = None
