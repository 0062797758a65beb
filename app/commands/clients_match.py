"""``flask clients match``: two files joined by name, the database left alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.errors import HelpdeskError, Invalid
from app.text import plain_cell
from import_tools.book import read_book
from import_tools.joining import BookRecord, Match, Mode, Outcome, PersonRecord, join
from import_tools.sheet import open_sheet

HEADER = ("login", "row", "outcome", "evidence", "candidates")
# what one cell holds several of
BETWEEN = "|"

# zip (.xlsx .ods .docx) and the older office files (.xls .doc)
_OFFICE = (b"PK", b"\xd0\xcf\x11\xe0")
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("match")
@click.option("--ad", required=True, type=_FILE, help="The directory: a list with logins and names.")
@click.option("--book", required=True, type=_FILE, help="The phone book: a list with names.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="What to write.")
@click.option(
    "--mode",
    default=Mode.BALANCED.value,
    type=click.Choice([mode.value for mode in Mode]),
    help="How much is linked without a person.",
)
@with_appcontext
def match_command(ad: Path, book: Path, out: Path, mode: str) -> None:
    """Join a directory and a phone book by name, and write what was found.

    AD is text with a header line, as for `flask clients import`; BOOK may be any phone book. The database is
    not touched. OUT gets one line per row of the book: login;row;outcome;evidence;candidates. `row` counts
    the lines below the header from 1; `login` is there only when the outcome is sure; `candidates` are
    logins, the likeliest first.
    """
    try:
        people, rows = read_people(ad), read_rows(book)
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None
    matches = join(people, rows, mode=Mode(mode))
    try:
        write_matches(out, matches)
    except OSError as error:
        raise click.ClickException(
            _("%(file)s cannot be written: %(error)s.", file=out, error=error.strerror)
        ) from None
    counts = {outcome.value: sum(match.outcome is outcome for match in matches) for outcome in Outcome}
    click.echo(_("%(sure)s sure, %(doubtful)s doubtful, %(unmatched)s unmatched", **counts))


def read_people(path: Path) -> list[PersonRecord]:
    """The people of a directory's list; the login is the key. Raises Invalid for a login that is missing or
    twice.
    """
    people: dict[str, PersonRecord] = {}
    for number, values, phones in _rows(path):
        login = values.get("login", "")
        if not login or login in people:
            reason = _("the login is there twice") if login else _("the login is missing")
            raise Invalid(_("Row %(number)s: %(reason)s.", number=number, reason=reason))
        unit, email, room = (values.get(field, "") for field in ("unit", "email", "room"))
        people[login] = PersonRecord(login, _name(values), unit, login, email, phones, room)
    return list(people.values())


def read_rows(path: Path) -> list[BookRecord]:
    """The rows of a phone book; the key is the number of the row below the header, from 1.

    A text is taken as it stands, every row of it; whatever else a phone book can be is read like an import.
    """
    if not path.read_bytes()[:4].startswith(_OFFICE):
        with suppress(Invalid):  # no header in its first line
            return _text_rows(path)
    entries = read_book(path).entries
    return [BookRecord(str(e.row), e.name, e.unit, e.phones, e.room) for e in entries]


def _text_rows(path: Path) -> list[BookRecord]:
    return [
        BookRecord(str(number), _name(values), values.get("unit", ""), phones, values.get("room", ""))
        for number, values, phones in _rows(path)
    ]


def write_matches(path: Path, matches: Sequence[Match]) -> None:
    """The matches as a list: UTF-8, separated by semicolons."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        for match in matches:
            candidates = BETWEEN.join(candidate.key for candidate in match.candidates)
            evidence = BETWEEN.join(match.evidence)
            row = (match.key or "", match.row, match.outcome.value, evidence, candidates)
            writer.writerow([plain_cell(text) for text in row])


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str], tuple[str, ...]]]:
    """(number, texts by field, phones) of each row below the header, also of those with too few cells.

    Every row counts that has a cell, so that the numbers are those of any other reader of the file.
    """
    sheet = open_sheet(path)
    reader = csv.reader(io.StringIO(sheet.text, newline=""), delimiter=sheet.separator)
    rows = (row for row in reader if row)
    next((row for row in rows if any(cell.strip() for cell in row)), None)
    for number, row in enumerate(rows, 1):
        cells = {place: cell.strip() for place, cell in enumerate(row)}
        values = {
            field: cells.get(places[0], "") for field, places in sheet.columns.items() if field != "phone"
        }
        phones = tuple(cells[place] for place in sheet.columns.get("phone", []) if cells.get(place))
        yield number, values, phones


def _name(values: dict[str, str]) -> str:
    parts = (values.get(part, "") for part in ("surname", "first_name", "patronymic"))
    return values.get("name") or " ".join(part for part in parts if part)
