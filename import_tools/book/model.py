"""What a phone book is once it has been read."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class BookEntry:
    """A person, or another row with a name.

    ``row`` counts the data rows below the header from 1, on through all sheets; ``line`` is the line of the
    file, or the row of the sheet, for messages. Both are those of the person's first line. ``sheet`` is
    empty where a file has no sheets.
    """

    row: int
    line: int
    name: str
    phones: tuple[str, ...]
    room: str
    unit: str
    job_title: str = ""
    email: str = ""
    note: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Problem:
    """A row, or a part of it, that could not be used. Line 0 speaks of the file or a sheet as a whole."""

    line: int
    text: str
    reason: str
    sheet: str = ""


@dataclass(frozen=True)
class Book:
    """A phone book and how it was understood.

    ``kind`` is that of the content: ``csv`` for every text with separators, else the usual ending.
    ``header_line`` is 0 when there is no header; ``columns`` maps our fields to the headers they are read
    from; ``digest`` is the SHA-256 of the file.
    """

    entries: tuple[BookEntry, ...]
    problems: tuple[Problem, ...]
    kind: str
    encoding: str
    separator: str
    header_line: int
    columns: dict[str, str]
    sheets: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class Limits:
    """How much a phone book may cost. ``seconds`` are those of the clock, and of the processor."""

    file_bytes: int = 20 * MEGABYTE
    unpacked_bytes: int = 200 * MEGABYTE
    cells: int = 2_000_000
    seconds: int = 60
    memory_bytes: int = 1024 * MEGABYTE
