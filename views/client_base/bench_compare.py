"""A row of the phone book beside a client: the same facts side by side, in words and marked letters."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.services.bench_rows import Candidate
from app.text import fold, phone_digits
from import_tools.joining import differences, explain
from models import BookRow, Client

Parts = list[tuple[str, bool]]


@dataclass(frozen=True)
class Value:
    """A text in parts (text, does it differ), and whether the other side has the same."""

    parts: Parts
    is_same: bool = False


@dataclass(frozen=True)
class Line:
    """One fact: what the book says and what is stored of the client; an empty list is a dash."""

    label: str
    book: list[Value]
    client: list[Value]


@dataclass(frozen=True)
class Compared:
    """A candidate as he is shown. ``likelihood`` and ``reasons`` are words."""

    client: Client
    lines: list[Line]
    likelihood: str
    reasons: str
    is_refused: bool


def compare(row: BookRow, candidate: Candidate) -> Compared:
    """The candidate beside the row."""
    return Compared(
        client=candidate.client,
        lines=side_by_side(row, candidate.client),
        likelihood=likelihood(candidate.chance),
        reasons=explain(candidate.evidence),
        is_refused=candidate.is_refused,
    )


def reasons_of(row: BookRow) -> str:
    """What speaks of the row as a whole: two such people, not a person."""
    best = set(row.candidates[0].get("evidence", ())) if row.candidates else set()
    return explain([code for code in row.evidence if code not in best])


def likelihood(chance: float) -> str:
    """How probable it is, in words; ``chance`` is 0 … 1."""
    if chance >= 0.9:
        return str(_("almost certain"))
    if chance >= 0.5:
        return str(_("likely"))
    return str(_("possible") if chance >= 0.1 else _("hardly"))


def side_by_side(row: BookRow, client: Client) -> list[Line]:
    """Name, phones, room, unit, job title and e-mail of both; facts that neither has are left out."""
    in_book, in_client = differences(row.name, client.full_name)
    unit = client.unit.name if client.unit else ""
    lines = [
        Line(_("Full name"), [Value(in_book)], [Value(in_client)]),
        _phones(row, client),
        _line(_("Room"), row.room, client.room),
        _line(_("Unit"), row.unit, unit),
        _line(_("Job title"), row.job_title, client.job_title),
        _line(_("E-mail"), row.email, client.email or ""),
    ]
    return [line for line in lines if line.book or line.client]


def _line(label: str, book: str, client: str) -> Line:
    is_same = bool(book) and fold(book) == fold(client)
    return Line(label, _value(book, is_same), _value(client, is_same))


def _value(text: str, is_same: bool) -> list[Value]:
    return [Value([(text, False)], is_same)] if text else []


def _phones(row: BookRow, client: Client) -> Line:
    book = {phone_digits(number): number for number in row.phones}
    known = {phone.digits: phone.number for phone in client.phones}
    shared = book.keys() & known.keys() - {""}
    return Line(
        _("Phones"),
        [Value([(number, False)], digits in shared) for digits, number in book.items()],
        [Value([(number, False)], digits in shared) for digits, number in known.items()],
    )
