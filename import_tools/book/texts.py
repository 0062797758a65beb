"""Tables that are plain text: the encoding, the separator and the rows are found out."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from app.errors import Invalid
from import_tools.book.headers import count_headers
from import_tools.book.refusal import Refused
from import_tools.book.tables import Budget, Fault, Row, Table
from import_tools.decoding import decode

SEPARATORS = (";", ",", "\t", "|")
# a quote that stays open for longer was never meant to hold a cell together
LONGEST_RECORD = 20
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_SAMPLE = 200
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x80-\x9f]")
_MOST_CONTROLS = 0.02
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_DAMAGED = "\ufffd"
_MOST_DAMAGED = 0.1


def read_text(path: Path, budget: Budget) -> Table:
    """The one table of a text file. Raises Refused when its encoding cannot be found out."""
    text, encoding = decode_text(path.read_bytes())
    text = text.removeprefix("\ufeff")
    if len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROLS:
        raise Refused("binary")
    lines = _LINE.findall(text)
    hint = re.match(r"sep=(.)\s*$", lines[0], re.IGNORECASE) if lines else None
    if hint:
        # Excel's own line; an empty one in its place keeps the numbers
        lines[0] = "\n"
    separator = hint[1] if hint else _likely_separator(lines)
    rows = []
    for row in split_rows(lines, separator):
        budget.spend(len(row.cells))
        if row.fault or any(cell.strip() for cell in row.cells):
            rows.append(row)
    return Table("", rows, fixed=True, encoding=encoding, separator=separator)


def split_rows(lines: list[str], separator: str) -> Iterator[Row]:
    """Every row with its number and line, empty ones too; an open quote costs its own line only."""
    start, number = 0, 0
    while start < len(lines):
        number += 1
        cells, used, fault = _record(lines, start, separator)
        if any("\x00" in cell or _DAMAGED in cell for cell in cells):
            fault = fault or Fault("damaged_text")
        yield Row(number, start + 1, cells, fault)
        start += used


def _record(lines: list[str], start: int, separator: str) -> tuple[list[str], int, Fault | None]:
    reader = csv.reader(iter(lines[start : start + LONGEST_RECORD]), delimiter=separator, strict=True)
    try:
        return next(reader, []), max(reader.line_num, 1), None
    except csv.Error:
        pass
    # a quote inside of a cell: read the line alone, and forgive what does not reach beyond it
    line = lines[start].rstrip("\r\n")
    if line.count('"') % 2 == 0:
        try:
            return next(csv.reader([line], delimiter=separator), []), 1, None
        except csv.Error:
            pass
    return line.split(separator), 1, Fault("open_quote")


def decode_text(data: bytes) -> tuple[str, str]:
    """The text and its encoding. Raises Refused when it cannot be found out."""
    if data.startswith(_UTF_32):
        return _strictly(data, "utf-32")
    try:
        text, encoding = decode(data)
    except Invalid:
        raise Refused("encoding") from None
    if encoding in {"windows-1251", "koi8-u"}:
        # one broken letter must not turn a file in UTF-8 into gibberish
        broken = data.decode("utf-8", errors="replace")
        foreign = sum(letter > "\x7f" for letter in broken)
        if broken.count(_DAMAGED) < foreign * _MOST_DAMAGED:
            return broken, "utf-8"
    return text, encoding


def _strictly(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        raise Refused("encoding") from None


def _likely_separator(lines: list[str]) -> str:
    """The one that makes the most known headers, then the most rows alike, then the most columns."""

    def worth(separator: str) -> tuple[int, float, int]:
        rows = [row.cells for row in islice(split_rows(lines, separator), _SAMPLE) if any(row.cells)]
        known = max((count_headers(cells) for cells in rows[:20]), default=0)
        widths = Counter(len(cells) for cells in rows if len(cells) > 1)
        if not widths:
            return known, 0.0, 0
        width, alike = widths.most_common(1)[0]
        return known, alike / len(rows), width

    return max(SEPARATORS, key=worth)
