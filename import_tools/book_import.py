"""A phone book brought into the client base: read, joined, shown, and written when somebody says yes.

Reading and joining fill the rows of a run that waits; applying it lets the book speak of the clients it is
joined with. What persons have decided about a row before is kept: the same file again asks nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import unit_of_work
from app.policy import Actor
from app.services.book_rows import JOINED, count_standings, current_book, judge_rows, refused_pairs, tell_rows
from app.services.client_rows import is_address
from app.services.merging import survivors
from app.services.row_words import speaks_of_it
from app.services.runs import begin_writing, explain_failure, fail_run, finish_run, report_progress, start_run
from import_tools.book import Book, BookEntry, Problem, read_book
from import_tools.client_records import client_records
from import_tools.joining import BookRecord, Match, Mode, Outcome, join
from import_tools.joining.evidence import LINKED_BEFORE
from models import BookRow, ImportRun, RowStanding, RunKind, RunStage

Progress = Callable[[int, str], None]
STANDINGS = {
    Outcome.SURE: RowStanding.LINKED,
    Outcome.DOUBTFUL: RowStanding.DOUBTFUL,
    Outcome.UNMATCHED: RowStanding.UNMATCHED,
}


def open_book_run(
    session: Session, path: Path | str, *, name: str, mode: Mode, keep_missing: bool, actor: Actor | None
) -> ImportRun:
    """A run for this file, in the caller's transaction.

    ``keep_missing``: people of the earlier book who are not in this one keep their numbers.
    """
    details = {"file": str(path), "mode": mode.value, "keep_missing": keep_missing}
    return start_run(session, RunKind.BOOK, title=name, actor=actor, details=details)


def read_run(session: Session, run_id: int, *, actor: Actor | None = None) -> ImportRun:
    """Read the run's file and join it; then the run waits, and its counts say what applying it would do.

    Whatever goes wrong, the run has failed and says why. The session is committed several times. A run that
    was killed on the way may be read again: it starts anew.
    """
    try:
        run = session.get_one(ImportRun, run_id)
        if run.stage != RunStage.RUNNING:
            return run
        path, name, mode = Path(run.details["file"]), run.title, Mode(run.details["mode"])

        def progress(percent: int, step: str) -> None:
            report_progress(session, run_id, percent * 6 // 10, step)

        book = read_book(path, name=name, progress=progress)
        report_progress(session, run_id, 65, _("joining"))
        with unit_of_work(session):
            run = session.get_one(ImportRun, run_id)
            begin_writing(session, run)
            session.refresh(run)
            fill_run(session, run, book, mode)
            run.stage, run.step, run.percent = RunStage.WAITING, "", 90
    except Exception as error:
        fail_run(session, run_id, explain_failure(error), actor=actor)
        if not isinstance(error, Invalid):
            raise
    return session.get_one(ImportRun, run_id)


def fill_run(session: Session, run: ImportRun, book: Book, mode: Mode) -> None:
    """Write the rows of the book with what the machine and earlier decisions say of them."""
    session.execute(delete(BookRow).where(BookRow.run_id == run.id))  # of a reading that was killed
    keys = row_keys(book.entries)
    rows = _make_rows(session, run, book.entries, keys)
    judge_rows(session, rows)
    _join(session, rows, mode)
    judge_rows(session, rows)
    session.flush()
    run.details = {**run.details, "digest": book.digest, "kind": book.kind, "columns": book.columns}
    run.details = {**run.details, "encoding": book.encoding, "header_line": book.header_line}
    run.details = {**run.details, "separator": book.separator, "sheets": list(book.sheets)}
    problems = [*book.problems, *_no_addresses(book.entries)]
    run.notes = [{"line": p.line, "sheet": p.sheet, "text": p.text, "reason": p.reason} for p in problems][
        :2000
    ]
    run.counts = {**_standings(session, run.id), "problems": len(problems)}
    earlier = current_book(session)
    if earlier is not None and earlier.details.get("digest") == book.digest:
        run.problem = _("This very file was imported already: nothing in it is new.")


def apply_run(session: Session, run_id: int, *, actor: Actor | None = None) -> ImportRun:
    """Let the book of a waiting run speak; one transaction. Raises Invalid unless it waits, Conflict."""
    run = session.get_one(ImportRun, run_id)
    if run.stage != RunStage.WAITING:
        raise Invalid(_("This run does not wait for anything any more."))
    begin_writing(session, run)
    session.refresh(run)
    earlier = current_book(session)
    if earlier is not None and run.details.get("keep_missing"):
        _carry_over(session, earlier.id, run.id)
    rows = session.scalars(select(BookRow).where(BookRow.run_id == run.id).order_by(BookRow.row)).all()
    judge_rows(session, rows)  # a colleague may have decided since it was read
    session.flush()
    told = _joined_clients(session, run.id)
    left = _joined_clients(session, earlier.id) - told if earlier is not None else set()
    changed = tell_rows(session, run.id, told, run=run, actor=actor)
    forgotten = tell_rows(session, run.id, left, run=run, actor=actor)
    counts = {**_standings(session, run.id), "problems": len(run.notes)}
    run.problem = ""
    finish_run(
        session,
        run,
        counts={**counts, "changed": changed, "forgotten": forgotten},
        notes=run.notes,
        actor=actor,
    )
    return run


def count_missing(session: Session, run: ImportRun) -> int:
    """How many clients the book in force speaks of and this one does not."""
    earlier = current_book(session)
    if earlier is None or earlier.id == run.id:
        return 0
    return len(_joined_clients(session, earlier.id) - _joined_clients(session, run.id))


def row_keys(entries: Sequence[BookEntry]) -> list[str]:
    """A name for each row that stays the same in the next edition of the book: the person's own name, and
    where a name is there more than once its number and room as well."""
    names = [" ".join(entry.name.casefold().split())[:200] for entry in entries]
    times = Counter(names)
    keys, met = [], Counter[str]()
    for entry, name in zip(entries, names, strict=True):
        key = name if times[name] == 1 else f"{name}|{(*entry.phones, '')[0]}|{entry.room}"[:280]
        met[key] += 1
        keys.append(key if met[key] == 1 else f"{key}#{met[key]}")
    return keys


def _no_addresses(entries: Sequence[BookEntry]) -> list[Problem]:
    """What is written as an e-mail and is none: the rest of such a row is used."""
    reason = _("This is not an e-mail address.")
    return [Problem(e.line, e.email, reason) for e in entries if e.email and not is_address(e.email)]


def _make_rows(
    session: Session, run: ImportRun, entries: Sequence[BookEntry], keys: Sequence[str]
) -> list[BookRow]:
    if entries:
        session.execute(
            insert(BookRow),
            [
                {
                    "run_id": run.id,
                    "row": entry.row,
                    "line": entry.line,
                    "key": key,
                    "name": entry.name[:200],
                    "phones": [number[:60] for number in entry.phones],
                    "room": entry.room[:80],
                    "unit": entry.unit[:200],
                    "job_title": entry.job_title[:200],
                    "email": entry.email if is_address(entry.email) else "",
                    "standing": RowStanding.UNMATCHED,
                    "found_standing": RowStanding.UNMATCHED,
                    "is_decided": False,
                    "evidence": [],
                    "candidates": [],
                }
                for entry, key in zip(entries, keys, strict=True)
            ],
        )
    query = select(BookRow).where(BookRow.run_id == run.id).order_by(BookRow.row)
    return list(session.scalars(query))


def _join(session: Session, rows: Sequence[BookRow], mode: Mode) -> None:
    """The machine's word about every row that no person has decided."""
    decided = [row for row in rows if row.is_decided]
    open_rows = [row for row in rows if not row.is_decided]
    taken = {row.client_id for row in decided if row.client_id is not None}
    people = [record for record in client_records(session) if int(record.key) not in taken]
    records = [BookRecord(str(row.id), row.name, row.unit, tuple(row.phones), row.room) for row in open_rows]
    refused = _refused_here(session, open_rows)
    matches = join(people, records, mode=mode, refused=refused) if people and records else []
    for row, match in zip(open_rows, matches, strict=False):
        row.found_standing = STANDINGS[match.outcome]
        row.found_client_id = int(match.key) if match.key else None
        row.evidence = list(match.evidence)
        row.candidates = _candidates(match)
    _keep_links(session, open_rows, {int(record.key) for record in people})
    session.flush()


def _candidates(match: Match) -> list[dict[str, Any]]:
    return [
        {"client_id": int(c.key), "score": c.score, "evidence": list(c.evidence)} for c in match.candidates
    ]


def _refused_here(session: Session, rows: Sequence[BookRow]) -> Collection[tuple[str, str]]:
    numbers = {row.key: str(row.id) for row in rows}
    return {(numbers[key], str(client)) for key, client in refused_pairs(session) if key in numbers}


def _keep_links(session: Session, rows: Sequence[BookRow], people: Collection[int]) -> None:
    """A link of the earlier book stays where the machine has only become less sure of it."""
    earlier = current_book(session)
    if earlier is None:
        return
    query = select(BookRow).where(BookRow.run_id == earlier.id, BookRow.standing == RowStanding.LINKED)
    before = {row.key: row for row in session.scalars(query)}
    now = survivors(session, (row.client_id for row in before.values() if row.client_id is not None))
    taken = {row.found_client_id for row in rows}
    for row in rows:
        known = before.get(row.key)
        client_id = now.get(known.client_id or 0) if known is not None and speaks_of_it(known, row) else None
        if row.found_standing == RowStanding.DOUBTFUL and client_id in people and client_id not in taken:
            row.found_standing, row.found_client_id = RowStanding.LINKED, client_id
            row.evidence = [LINKED_BEFORE, *row.evidence]
            taken.add(client_id)


def _carry_over(session: Session, earlier_id: int, run_id: int) -> None:
    """Rows of the earlier book whose people this one does not have go on in it."""
    here = set(session.scalars(select(BookRow.key).where(BookRow.run_id == run_id)))
    last = max(session.scalars(select(BookRow.row).where(BookRow.run_id == run_id)), default=0)
    columns = [c.name for c in BookRow.__table__.columns if c.name not in {"id", "run_id", "row"}]
    rows = session.scalars(select(BookRow).where(BookRow.run_id == earlier_id).order_by(BookRow.row))
    kept = [row for row in rows if row.key not in here]
    if kept:
        session.execute(
            insert(BookRow),
            [
                {"run_id": run_id, "row": last + number, **{name: getattr(row, name) for name in columns}}
                for number, row in enumerate(kept, start=1)
            ],
        )


def _joined_clients(session: Session, run_id: int) -> set[int]:
    query = select(BookRow.client_id).where(
        BookRow.run_id == run_id, BookRow.client_id.is_not(None), BookRow.standing.in_(JOINED)
    )
    return {number for number in session.scalars(query) if number is not None}


def _standings(session: Session, run_id: int) -> dict[str, int]:
    found = count_standings(session, run_id)
    return {standing.value: found.get(standing.value, 0) for standing in RowStanding}
