"""What the reconciliation bench shows: how far the book is, one opened row, the person's last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.policy import Actor
from app.search import find_clients
from app.services.bench import access_row, count_only_in_directory
from app.services.merging import survivors
from app.services.row_words import weigh_decisions
from models import BookRow, Client, ImportRun, MatchDecision, RowStanding, Verdict

MOST_CANDIDATES = 5


@dataclass(frozen=True)
class BenchCounts:
    """Rows by standing, people only in the directory, and of the doubtful rows how many are ``answered``."""

    standings: Mapping[str, int]
    only_in_directory: int
    asked: int
    answered: int


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a row may be. ``chance`` is 0 … 1; ``evidence`` the codes of import_tools.joining."""

    client: Client
    chance: float
    evidence: tuple[str, ...]
    is_refused: bool


@dataclass(frozen=True)
class OpenedRow:
    """A row of the book, whom it may be, the best first, and the word that stands (None: the machine's)."""

    row: BookRow
    candidates: Sequence[Candidate]
    decision: MatchDecision | None


@dataclass(frozen=True)
class LastWord:
    """The last decision of a person about a book, with its row and its client.

    ``can_be_undone``: it is no undoing itself, and nobody has said anything about the row since.
    """

    decision: MatchDecision
    row: BookRow
    client: Client | None
    can_be_undone: bool


def count_bench(session: Session, book: ImportRun) -> BenchCounts:
    """How many rows stand where, in one look at the book.

    Asked are the rows that the machine could not decide; answered those that are doubtful no more.
    """
    query = select(BookRow.standing, BookRow.found_standing, func.count()).where(BookRow.run_id == book.id)
    standings: dict[str, int] = {}
    answered = 0
    for standing, found, number in session.execute(query.group_by(BookRow.standing, BookRow.found_standing)):
        standings[standing] = standings.get(standing, 0) + number
        if found == RowStanding.DOUBTFUL and standing != RowStanding.DOUBTFUL:
            answered += number
    asked = answered + standings.get(RowStanding.DOUBTFUL, 0)
    return BenchCounts(standings, count_only_in_directory(session, book), asked, answered)


def open_row(session: Session, row_id: int, *, actor: Actor) -> OpenedRow:
    """One row of the book in force with everything to decide about it. Raises Forbidden, NotFound."""
    row = access_row(session, row_id, actor=actor)
    query = select(MatchDecision).where(MatchDecision.key == row.key).order_by(MatchDecision.id)
    words = session.scalars(query.options(joinedload(MatchDecision.actor))).unique().all()
    spoken_of = (word.client_id for word in words if word.client_id is not None)
    decision, refused = weigh_decisions(words, survivors(session, spoken_of))
    return OpenedRow(row, _candidates(session, row, refused), decision if row.is_decided else None)


def search_others(session: Session, query: str, opened: OpenedRow) -> list[Candidate]:
    """Clients found by name, number or login who are not among the row's candidates."""
    known = {candidate.client.id for candidate in opened.candidates}
    ids = [hit.client.id for hit in find_clients(session, query, limit=MOST_CANDIDATES)]
    clients = _load(session, [number for number in ids if number not in known])
    return [Candidate(clients[number], 0, (), False) for number in ids if number in clients]


def last_word(session: Session, book: ImportRun, *, actor: Actor) -> LastWord | None:
    """What the person decided last about this book, whichever sitting it was."""
    later = aliased(MatchDecision)
    is_latest = ~exists().where(later.key == MatchDecision.key, later.id > MatchDecision.id)
    query = (
        select(MatchDecision, BookRow, Client, is_latest)
        .join(ImportRun, ImportRun.id == MatchDecision.run_id)
        .join(BookRow, (BookRow.key == MatchDecision.key) & (BookRow.run_id == book.id))
        .outerjoin(Client, Client.id == MatchDecision.client_id)
        .where(ImportRun.parent_id == book.id, MatchDecision.actor_id == actor.id)
        .order_by(MatchDecision.id.desc(), BookRow.row)
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    decision, row, client, latest = found
    return LastWord(decision, row, client, latest and decision.verdict != Verdict.REOPENED)


def _candidates(session: Session, row: BookRow, refused: set[int | None]) -> list[Candidate]:
    """The machine's candidates; the linked client first even where the machine had not thought of him."""
    proposed: list[dict[str, Any]] = list(row.candidates[:MOST_CANDIDATES])
    if row.client_id is not None:
        linked = [c for c in proposed if c["client_id"] == row.client_id]
        others = [c for c in proposed if c["client_id"] != row.client_id]
        mine = linked or [{"client_id": row.client_id, "score": 1, "evidence": row.evidence}]
        proposed = [*mine, *others][:MOST_CANDIDATES]
    clients = _survivors(session, [c["client_id"] for c in proposed])
    shown: dict[int, Candidate] = {}
    for one in proposed:
        client = clients.get(one["client_id"])
        if client is not None and client.id not in shown:
            is_refused = bool({one["client_id"], client.id} & refused)
            evidence = tuple(one.get("evidence", ()))
            shown[client.id] = Candidate(client, float(one.get("score", 0)), evidence, is_refused)
    return sorted(shown.values(), key=lambda candidate: candidate.is_refused)


def _survivors(session: Session, ids: Sequence[int]) -> dict[int, Client]:
    """The clients by the ids that were asked for; of a merged one the client whom he became."""
    found = _load(session, ids)
    into = survivors(session, [client.id for client in found.values() if client.merged_into_id])
    became = _load(session, list(into.values())) if into else {}
    found.update({double: became[survivor] for double, survivor in into.items() if survivor in became})
    return {number: client for number, client in found.items() if not client.is_hidden}


def _load(session: Session, ids: Sequence[int]) -> dict[int, Client]:
    query = select(Client).where(Client.id.in_(ids))
    query = query.options(joinedload(Client.unit), selectinload(Client.phones))
    return {client.id: client for client in session.scalars(query)}
