"""Phone books on the bench, made past the import: a run with its rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.services.telling import Statement, tell
from models import BookRow, Client, ImportRun, RowStanding, RunKind, RunStage, Source, Staff
from tests.support.factories import make_client, make_unit, make_user

FRAGMENT = {"HX-Request": "true"}
_numbers = itertools.count(1)


def make_book(session: Session, title: str = "phones.csv", **values: Any) -> ImportRun:
    """An applied phone book: the later one is the book in force."""
    book = ImportRun(kind=RunKind.BOOK, stage=values.pop("stage", RunStage.APPLIED), title=title, **values)
    session.add(book)
    session.flush()
    return book


def make_known(session: Session, full_name: str, **values: Any) -> Client:
    """A client whom the directory knows: its word for his name beats the book's."""
    client = make_client(session, full_name, object_guid=f"known-{next(_numbers)}", **values)
    tell(session, [Statement(client, {"full_name": full_name})], source=Source.DIRECTORY)
    session.flush()
    return client


def make_row(
    session: Session,
    book: ImportRun,
    name: str = "",
    *,
    standing: RowStanding = RowStanding.DOUBTFUL,
    candidates: Iterable[Client] = (),
    client: Client | None = None,
    evidence: Iterable[str] = ("surname-same", "first-initial"),
    reasons: Iterable[str] = (),
    **values: Any,
) -> BookRow:
    """A row as the import leaves it: ``standing`` and ``client`` are the machine's word, ``reasons`` why."""
    number = next(_numbers)
    name = name or f"Рядок {number:05}"
    ranked = [
        {"client_id": one.id, "score": round(0.95 / place, 4), "evidence": list(evidence)}
        for place, one in enumerate(candidates, 1)
    ]
    row = BookRow(
        run_id=book.id,
        row=values.pop("row", number),
        line=values.pop("line", number + 1),
        key=values.pop("key", f"{name.casefold()} {number}"),
        name=name,
        standing=standing,
        found_standing=standing,
        client_id=client.id if client else None,
        found_client_id=client.id if client else None,
        candidates=ranked,
        evidence=[*(evidence if ranked else ()), *reasons],
        **values,
    )
    session.add(row)
    session.flush()
    return row


@dataclass
class Bench:
    """A manager with a book: two doubtful rows with two candidates, and one row of each other kind."""

    manager: Staff
    book: ImportRun
    first: Client
    second: Client
    rows: dict[str, BookRow]


def make_bench(session: Session) -> Bench:
    """A small book with its people, committed."""
    unit = make_unit(session, "Бухгалтерія")
    first = make_known(
        session,
        "Ткаченко Олена Василівна",
        phones=["2-34"],
        unit_id=unit.id,
        login="tkachenko",
        email="tkachenko@corp.example",
        tickets_count=3,
    )
    second = make_known(session, "Ткаченко Ольга", login="tkachenko2", is_active=False)
    sure = make_known(session, "Лисенко Марія")
    make_known(session, "Поза Книгою")
    book = make_book(session)
    rows = {
        "doubtful": make_row(
            session,
            book,
            "Ткаченко О.В.",
            candidates=[first, second],
            phones=["234"],
            unit="бухгалтерія",
            reasons=["namesakes-2"],
        ),
        "next": make_row(session, book, "Ткаченко О.", candidates=[second, first]),
        "sure": make_row(session, book, "Лисенко М.", standing=RowStanding.LINKED, client=sure),
        "alone": make_row(session, book, "Факс", standing=RowStanding.UNMATCHED, phones=["9-99"]),
    }
    manager = make_user(session, "manager", administrator=True)
    session.commit()
    return Bench(manager, book, first, second, rows)


def answer(
    client: FlaskClient, row: BookRow, choice: str, *, fragment: bool = False, **fields: object
) -> TestResponse:
    """Decide as a button of the page does."""
    data = {"view": "doubtful", "seen": "doubtful", "choice": choice, **fields}
    headers = FRAGMENT if fragment else {}
    return client.post(f"/client-base/rows/{row.id}", data=data, headers=headers)


def stands(session: Session, row: BookRow) -> tuple[str, int | None, bool]:
    """The row as it is stored now."""
    now = session.get_one(BookRow, row.id, populate_existing=True)
    return now.standing, now.client_id, now.is_decided
