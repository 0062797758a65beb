"""A plain list of people, line by line, with nothing guessed about the values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from app.errors import Invalid
from import_tools.columns import count_known, find_columns
from import_tools.decoding import decode

LARGEST_FILE = 256 * 1024 * 1024
LONGEST_CELL = 10_000
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@dataclass(frozen=True)
class Line:
    """A person of the list: trimmed texts by field, or the reason why the line cannot be used."""

    number: int
    values: dict[str, str]
    phones: list[str]
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """A list that was read: what it is made of, and its lines."""

    text: str
    encoding: str
    separator: str
    headers: list[str]
    columns: dict[str, list[int]]

    def lines(self) -> Iterator[Line]:
        """The lines below the header that are not empty. May be read again."""
        cells = _cells(self.text, self.separator)
        next(cells)
        for number, row in cells:
            if any(row):
                yield self._line(number, row)

    def _line(self, number: int, row: list[str]) -> Line:
        if len(row) != len(self.headers):
            there, wanted = len(row), len(self.headers)
            problem = _("The line has %(there)s cells, the header %(wanted)s.", there=there, wanted=wanted)
            return Line(number, {}, [], problem)
        if any(len(cell) > LONGEST_CELL for cell in row):
            return Line(
                number, {}, [], _("A cell is longer than %(number)s characters.", number=LONGEST_CELL)
            )
        values = {field: row[places[0]] for field, places in self.columns.items() if field != "phone"}
        phones = [row[place] for place in self.columns.get("phone", []) if row[place]]
        return Line(number, values, phones)


def open_sheet(
    path: Path, *, chosen: Mapping[str, str] | None = None, encoding: str = "", separator: str = ""
) -> Sheet:
    """Read a list; encoding and separator are found out unless given. Raises Invalid."""
    if path.stat().st_size > LARGEST_FILE:
        megabytes = LARGEST_FILE // 1024 // 1024
        raise Invalid(_("The file is larger than %(number)s MB.", number=megabytes))
    text, encoding = decode(path.read_bytes(), encoding)
    if text[:4].casefold() == "sep=" and len(text) > 4:
        separator = separator or text[4]
        # Excel's own hint; an empty line in its place keeps the numbers of the lines
        text = "\n" + text.partition("\n")[2]
    separator = separator or _likely_separator(text)
    _number, headers = next(_cells(text, separator), (0, []))
    return Sheet(text, encoding, separator, headers, find_columns(headers, chosen))


def _cells(source: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of trimmed cells with the numbers of the lines they start on; the first one is the header."""
    reader = csv.reader(io.StringIO(source, newline=""), delimiter=separator, strict=True)
    start, begun = 1, False
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(
                _("Line %(number)s cannot be read: %(error)s.", number=start, error=error)
            ) from None
        if row and (begun or any(cell.strip() for cell in row)):
            begun = True
            yield start, [" ".join(cell.replace("\ufeff", "").split()) for cell in row]
        start = reader.line_num + 1


def _likely_separator(text: str) -> str:
    """The one by which the header falls into most known columns, then into most columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def worth(separator: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=separator), [])
        return count_known(cells), len(cells)

    return max(SEPARATORS.values(), key=worth)
