"""The reconciliation bench: what a person decides about the rows of a phone book, remembered for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.book_rows import clients_of, current_book, judge_rows, row_values, tell_rows
from app.services.claims import load_claims
from app.services.client_rows import clean_values, forget_clients
from app.services.merging import survivor_id
from app.services.rows import find_row
from app.services.runs import begin_writing, start_run
from app.services.telling import add_people
from app.services.units import UnitNames
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
    utcnow,
)

SITTING = timedelta(hours=8)  # decisions of one person within so many hours are one run


def list_rows(
    session: Session,
    book: ImportRun,
    standing: RowStanding,
    *,
    actor: Actor,
    after_row: int = 0,
    limit: int = 25,
) -> tuple[Sequence[BookRow], int | None]:
    """A page of the book's rows of one standing, in its order, and the next cursor. Raises Forbidden."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    query = select(BookRow).where(
        BookRow.run_id == book.id, BookRow.standing == standing, BookRow.row > after_row
    )
    query = query.options(
        joinedload(BookRow.client).options(joinedload(Client.unit), selectinload(Client.phones))
    )
    rows = session.scalars(query.order_by(BookRow.row).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].row if len(rows) > limit else None


def list_only_in_directory(
    session: Session, book: ImportRun, *, actor: Actor, after: tuple[str, int] | None = None, limit: int = 25
) -> tuple[Sequence[Client], tuple[str, int] | None]:
    """Clients of the directory with no row in the book, by name, and the next cursor. Raises Forbidden."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    query = select(Client).where(*_only_in_directory(book)).options(joinedload(Client.unit))
    if after:
        query = query.where(
            (Client.full_name > after[0]) | ((Client.full_name == after[0]) & (Client.id > after[1]))
        )
    rows = session.scalars(query.order_by(Client.full_name, Client.id).limit(limit + 1)).all()
    page = rows[:limit]
    return page, (page[-1].full_name, page[-1].id) if len(rows) > limit else None


def count_only_in_directory(session: Session, book: ImportRun) -> int:
    """How many clients of the directory have no row in the book."""
    return session.scalar(select(func.count()).select_from(Client).where(*_only_in_directory(book))) or 0


def _only_in_directory(book: ImportRun) -> tuple[Any, ...]:
    row = select(BookRow.id).where(BookRow.run_id == book.id, BookRow.client_id == Client.id)
    return (
        Client.object_guid.is_not(None),
        Client.is_hidden.is_(False),
        Client.is_active.is_(True),
        ~exists(row),
    )


def access_row(session: Session, row_id: int, *, actor: Actor) -> BookRow:
    """A row of the book in force. Raises Forbidden, NotFound."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    row = find_row(session, BookRow, row_id)
    book = current_book(session)
    if row is None or book is None or row.run_id != book.id:
        raise NotFound(_("This row is of an earlier phone book: reload the page."))
    return row


def decide(
    session: Session,
    row_id: int,
    verdict: Verdict,
    *,
    client_id: int | None = None,
    seen_standing: str = "",
    actor: Actor,
) -> BookRow:
    """Write a person's decision down and let the client's record follow.

    ``client_id``: who it is (linked) or is not (refused). ``seen_standing`` is what the page showed: what a
    colleague has decided meanwhile is not decided again unseen. Raises Forbidden, NotFound, Invalid.
    """
    row = access_row(session, row_id, actor=actor)
    begin_writing(session, None)
    run = _sitting(session, row.run_id, actor)
    session.flush()  # SQLite's one writer from here on: nobody decides between the look and the word
    rows = _rows_alike(session, row)
    if seen_standing and seen_standing != row.standing:
        raise Invalid(_("Somebody has decided about this row meanwhile: look at it once more."))
    before = clients_of(rows)
    made = {one.client_id for one in rows if one.standing == RowStanding.CREATED and one.client_id}
    client_id = _decided_client(session, row, verdict, client_id, run, actor)
    _remember(session, rows, verdict, client_id, run, actor)
    judge_rows(session, rows)
    session.flush()
    tell_rows(session, row.run_id, before | clients_of(rows), run=run, actor=actor)
    for unused in made - clients_of(rows):
        _forget_if_unused(session, unused, run, actor)
    run.counts = {**run.counts, verdict.value: run.counts.get(verdict.value, 0) + 1}
    new = {"row": row.id, "name": row.name, "verdict": verdict, "client_id": client_id, "run": run.id}
    record(session, Kind.ROW_DECIDED, actor=actor, client_id=client_id, subject=f"run {run.id}", new=new)
    return row


def _rows_alike(session: Session, row: BookRow) -> Sequence[BookRow]:
    """The row as it is now, and the rows of this book that are written the same: one word is for all."""
    query = select(BookRow).where(BookRow.run_id == row.run_id, BookRow.key == row.key)
    return session.scalars(query.order_by(BookRow.row).execution_options(populate_existing=True)).all()


def _decided_client(
    session: Session, row: BookRow, verdict: Verdict, client_id: int | None, run: ImportRun, actor: Actor
) -> int | None:
    if verdict in (Verdict.LEFT, Verdict.REOPENED):
        return None
    if verdict is Verdict.CREATED:
        if row.standing == RowStanding.CREATED:
            raise Invalid(_("A client was made of this row already."))
        values = UnitNames(session).by_id(row_values([row]))
        clean = clean_values(session, values)
        return add_people(session, [clean], source=Source.BOOK, run=run, actor=actor)[0].id
    client = find_row(session, Client, client_id)
    if client is not None:
        client = session.get_one(Client, survivor_id(session, client.id))
    if client is None or (client.is_hidden and verdict is Verdict.LINKED):
        raise NotFound(_("There is no such client."))
    return client.id


def _forget_if_unused(session: Session, client_id: int, run: ImportRun, actor: Actor) -> None:
    """The client whom an earlier "new client" made of this row, if nobody has written anything for him."""
    client = session.get_one(Client, client_id)
    spoken_of = load_claims(session, [client_id]).get(client_id, {}).keys() - {Source.BOOK}
    joined = session.scalar(
        select(BookRow.id).where(BookRow.client_id == client_id, BookRow.run_id == run.parent_id).limit(1)
    )
    if not (client.tickets_count or client.calls_count or spoken_of or joined):
        forget_clients(session, [client], actor=actor, subject=f"run {run.id}")


def _remember(
    session: Session,
    rows: Sequence[BookRow],
    verdict: Verdict,
    client_id: int | None,
    run: ImportRun,
    actor: Actor,
) -> None:
    """Add the word about rows written alike; which one stands follows from all (app.services.row_words)."""
    session.add(
        MatchDecision(
            key=rows[0].key,
            verdict=verdict,
            client_id=client_id,
            run_id=run.id,
            actor_id=actor.id,
            at=utcnow(),
            phones=list(dict.fromkeys(number for row in rows for number in row.phones)),
            room=next((row.room for row in rows if row.room), ""),
        )
    )
    session.flush()


def _sitting(session: Session, book_id: int, actor: Actor) -> ImportRun:
    """The person's run of decisions about this book: the open one of this sitting, or a new one."""
    query = select(ImportRun).where(
        ImportRun.kind == RunKind.JOIN,
        ImportRun.parent_id == book_id,
        ImportRun.actor_id == actor.id,
        ImportRun.stage == RunStage.APPLIED,
        ImportRun.started_at > utcnow() - SITTING,
    )
    run = session.scalars(query.order_by(ImportRun.id.desc()).limit(1)).first()
    if run is None:
        book = session.get_one(ImportRun, book_id)
        run = start_run(session, RunKind.JOIN, title=book.title, actor=actor, parent_id=book_id)
        run.stage = RunStage.APPLIED
    run.finished_at, run.percent = utcnow(), 100
    return run
