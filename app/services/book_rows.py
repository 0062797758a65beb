"""The rows of the phone book in force, and what they say of the clients they are joined with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from app.policy import Actor
from app.services.client_rows import MOST_PHONES, is_address
from app.services.merging import survivors
from app.services.row_words import speaks_of_it, weigh_decisions
from app.services.telling import Statement, tell
from app.text import phone_digits
from models import (
    BookRow,
    Client,
    ImportRun,
    MatchDecision,
    RowStanding,
    RunChange,
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
        "email": next((row.email for row in rows if is_address(row.email)), None),
    }


def clients_of(rows: Iterable[BookRow]) -> set[int]:
    """Whom these rows are joined with."""
    return {row.client_id for row in rows if row.client_id is not None}


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
    ids = sorted(set(survivors(session, client_ids).values()))
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


def follow_undone(session: Session, run: ImportRun, *, actor: Actor | None) -> None:
    """After a book or a sitting was taken back: its decisions go, and the book in force speaks again.

    Rows fall back to what was decided before, or to what the machine said; the clients of whom the run had
    spoken are told what the book in force says of them. That is the book's own word: it is undone with it.
    """
    keys = sorted(set(session.scalars(select(MatchDecision.key).where(MatchDecision.run_id == run.id))))
    session.execute(delete(MatchDecision).where(MatchDecision.run_id == run.id))
    book = current_book(session)
    if run.parent_id is not None and (book is None or book.id != run.parent_id):
        judge_rows(session, _rows_of(session, run.parent_id, BookRow.key, keys))
    if book is None or not session.scalar(select(BookRow.id).where(BookRow.run_id == book.id).limit(1)):
        return
    changes = select(RunChange.client_id, RunChange.action, RunChange.new).where(RunChange.run_id == run.id)
    touched: set[tuple[int, str]] = set()
    for client_id, action, new in session.execute(changes):
        touched.add((client_id, action))
        if action == "merged":  # the one with whom the double's history was
            touched.add((new["into"], action))
    made = {client_id for client_id, action in touched if action == "created"}
    told = {client_id for client_id, _action in touched}
    rows = {row.id: row for row in _rows_of(session, book.id, BookRow.key, keys)}
    rows |= {row.id: row for row in _rows_of(session, book.id, BookRow.client_id, sorted(told))}
    told |= clients_of(rows.values())
    judge_rows(session, list(rows.values()))
    session.flush()
    # whom the run made and others need keeps what he has, unless a row of this book is his
    told = (told - made) | clients_of(rows.values())
    tell_rows(session, book.id, _visible(session, told), run=book, actor=actor)


def _rows_of(session: Session, book_id: int, column: Any, wanted: Sequence[Any]) -> list[BookRow]:
    rows: list[BookRow] = []
    for start in range(0, len(wanted), 500):
        query = select(BookRow).where(BookRow.run_id == book_id, column.in_(wanted[start : start + 500]))
        rows += session.scalars(query.order_by(BookRow.row))
    return rows


def _visible(session: Session, client_ids: Iterable[int]) -> set[int]:
    """Those, as they are now, who are not hidden."""
    ids = sorted(set(survivors(session, client_ids).values()))
    found: set[int] = set()
    for start in range(0, len(ids), 500):
        query = select(Client.id).where(Client.id.in_(ids[start : start + 500]), Client.is_hidden.is_(False))
        found.update(session.scalars(query))
    return found


def judge_rows(session: Session, rows: Sequence[BookRow]) -> None:
    """Give rows the state that follows from all decisions about them, else from the machine's word.

    Whoever was merged meanwhile stands for the client he became; a hidden client is nobody.
    """
    decisions: dict[str, list[MatchDecision]] = {}
    keys = list({row.key for row in rows})
    for start in range(0, len(keys), 500):
        query = select(MatchDecision).where(MatchDecision.key.in_(keys[start : start + 500]))
        for decision in session.scalars(query.order_by(MatchDecision.id)):
            decisions.setdefault(decision.key, []).append(decision)
    people = _People(session, rows, [word for words in decisions.values() for word in words])
    for row in rows:
        _judge(row, decisions.get(row.key, []), people)


def refused_pairs(session: Session) -> set[tuple[str, int]]:
    """(row key, client id) of everything that persons have said no to; a merged client is who he became."""
    query = select(MatchDecision.key, MatchDecision.client_id).where(MatchDecision.verdict == Verdict.REFUSED)
    pairs = [(row[0], row[1]) for row in session.execute(query) if row[1] is not None]
    now = survivors(session, (client_id for _key, client_id in pairs))
    return {(key, now[client_id]) for key, client_id in pairs}


class _People:
    """The clients of whom rows and decisions speak, as they are now."""

    def __init__(self, session: Session, rows: Iterable[BookRow], decisions: Iterable[MatchDecision]) -> None:
        spoken_of = {word.client_id for word in decisions} | {row.found_client_id for row in rows}
        spoken_of |= {one["client_id"] for row in rows for one in row.candidates}
        self.now: Mapping[int, int] = survivors(session, (n for n in spoken_of if n is not None))
        self.there = _visible(session, set(self.now.values()))

    def find(self, client_id: int | None) -> int | None:
        """The client who is there now, or None."""
        now = self.now.get(client_id) if client_id is not None else None
        return now if now in self.there else None


def _judge(row: BookRow, decisions: Sequence[MatchDecision], people: _People) -> None:
    standing, refused = weigh_decisions(decisions, people.now)
    decided = people.find(standing.client_id) if standing is not None else None
    row.is_decided = standing is not None and (
        standing.client_id is None or (decided is not None and speaks_of_it(standing, row))
    )
    if standing is not None and row.is_decided:
        row.standing, row.client_id = standing.verdict, decided
        return
    found = people.find(row.found_client_id)
    if row.found_standing == RowStanding.LINKED and found is not None and found not in refused:
        row.standing, row.client_id = row.found_standing, found
        return
    row.client_id = None
    if decided is not None:  # remembered of a row that says quite another thing: a person must look
        row.standing, row.candidates = RowStanding.DOUBTFUL, _put_first(row.candidates, decided, people)
        return
    left = {people.find(one["client_id"]) for one in row.candidates} - refused - {None}
    is_doubtful = left and row.found_standing != RowStanding.UNMATCHED
    row.standing = RowStanding.DOUBTFUL if is_doubtful else RowStanding.UNMATCHED


def _put_first(candidates: Sequence[dict[str, Any]], client_id: int, people: _People) -> list[dict[str, Any]]:
    """The machine's candidates, and before them the client of an earlier decision."""
    his = [one for one in candidates if people.find(one["client_id"]) == client_id]
    others = [one for one in candidates if people.find(one["client_id"]) != client_id]
    return [*(his or [{"client_id": client_id, "score": 0, "evidence": []}]), *others]
