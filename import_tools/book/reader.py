"""Read a phone book: the file goes to a process of its own, and comes back as people and problems."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from app.errors import Invalid
from import_tools.book.model import Book, BookEntry, Limits, Problem
from import_tools.book.sandbox import run_child
from import_tools.book.wording import describe_problem, describe_refusal, describe_step

_NO_LIMITS = Limits()


def read_book(
    path: Path,
    *,
    name: str = "",
    limits: Limits = _NO_LIMITS,
    progress: Callable[[int, str], None] | None = None,
    programs: str | None = None,
) -> Book:
    """The people of a phone book, and the rows that could not be used.

    ``name`` is the name the file came with; what it is, its content tells. ``progress`` hears the percentage
    and the step in words. ``programs`` is a PATH to look for LibreOffice on. Raises Invalid with what to do.
    """
    name = name or path.name
    if path.stat().st_size > limits.file_bytes:
        raise Invalid(describe_refusal("file_size", {"number": limits.file_bytes // 1024 // 1024}, name))

    def tell(percent: int, step: str) -> None:
        if progress:
            progress(percent, describe_step(step))

    tell(0, "open")
    digest = _digest(path)
    result = run_child(path, name, limits, tell, programs)
    if "refused" in result:
        raise Invalid(describe_refusal(result["refused"], result["values"], name))
    return Book(
        entries=tuple(map(_entry, result["entries"])),
        problems=tuple(map(_problem, result["problems"])),
        kind=result["kind"],
        encoding=result["encoding"],
        separator=result["separator"],
        header_line=result["header_line"],
        columns=_columns(result["columns"], result["headers"]),
        sheets=tuple(result["sheets"]),
        digest=digest,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _entry(told: list[Any]) -> BookEntry:
    row, line, name, phones, *others = told
    return BookEntry(row, line, name, tuple(phones), *others)


def _problem(told: dict[str, Any]) -> Problem:
    return Problem(told["line"], told["text"], describe_problem(told["code"], told["values"]), told["sheet"])


def _columns(columns: dict[str, list[int]], headers: list[str]) -> dict[str, str]:
    def called(place: int) -> str:
        header = " ".join(headers[place].split()) if place < len(headers) else ""
        return header or _("column %(number)s, told by its content", number=place + 1)

    return {field: ", ".join(map(called, places)) for field, places in columns.items()}
