"""The sentences of the phone book reader. The reading process speaks in codes, for it knows no language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

STEPS: dict[str, Callable[[], str]] = {
    "open": lambda: _("Opening the file"),
    "convert": lambda: _("Converting the document"),
    "unpack": lambda: _("Unpacking"),
    "read": lambda: _("Reading the tables"),
    "people": lambda: _("Finding the people"),
    "done": lambda: _("Done"),
}

REFUSALS: dict[str, Callable[..., str]] = {
    "file_size": lambda **v: _(
        "The file is larger than %(number)s MB. Save only the phone book itself.", **v
    ),
    "empty": lambda: _("The file is empty. Choose the file that holds the phone book."),
    "password": lambda: _(
        "The file is protected with a password. Save it without the password and try again."
    ),
    "damaged": lambda: _(
        "The file is damaged. Open it in its own program, save it again, and try once more."
    ),
    "members": lambda **v: _(
        "The file holds more than %(number)s parts. Save only the phone book itself.", **v
    ),
    "unpacked": lambda **v: _(
        "The file unpacks to more than %(number)s MB. Save only the phone book itself, without pictures.", **v
    ),
    "cells": lambda **v: _(
        "The tables have more than %(number)s cells. Save only the phone book itself.", **v
    ),
    "columns": lambda **v: _(
        "A table has more than %(number)s columns. Save only the phone book itself.", **v
    ),
    "time": lambda **v: _(
        "The file was not read within %(number)s seconds. Save only the phone book, for example as .csv.",
        **v,
    ),
    "memory": lambda **v: _(
        "The file needs more than %(number)s MB of memory. Save only the phone book, for example as .csv.",
        **v,
    ),
    "crashed": lambda **v: _(
        "The file is damaged or needs more than %(number)s MB of memory. Save it anew, for example as .csv.",
        **v,
    ),
    "archive": lambda: _(
        "This is a packed archive. Unpack it and choose the file that holds the phone book."
    ),
    "other_office": lambda: _(
        "This is an office file of another kind. Save the phone book as .xlsx, .ods, .docx or .csv."
    ),
    "pdf": lambda: _(
        "This is a PDF, which has no tables to read. Save the phone book as .xlsx, .docx or .csv."
    ),
    "picture": lambda: _("This is a picture. Save the phone book as .xlsx, .docx or .csv."),
    "binary": lambda: _("This is neither a table nor a text. Save the phone book as .xlsx, .docx or .csv."),
    "old_word": lambda: _("This document was made by Word before 1997. Open it and save it as .docx."),
    "old_excel": lambda: _(
        "This workbook was made by an Excel too old to be read. Open it and save it as .xlsx."
    ),
    "xml_sheet": lambda: _("This is an “XML spreadsheet”. Open it in Excel and save it as .xlsx."),
    "web_archive": lambda: _(
        "This is a web page saved as one file. Open it and save the phone book as .xlsx."
    ),
    "encoding": lambda: _("The letters of the text cannot be read. Save it as .csv in UTF-8."),
    "twins": lambda **v: _(
        "The column “%(name)s” is there twice. Keep one of them, or put the people below each other.", **v
    ),
    "no_rows": lambda: _("There is no table in the file. Choose the file that holds the phone book."),
    "no_header": lambda: _(
        "No names were found. Put a row with the headers “Name”, “Phone” and “Room” above the people."
    ),
    "no_people": lambda: _(
        "There is a header but nobody below it. Choose the file that holds the phone book."
    ),
    "no_office": lambda **v: _(
        "Files of the kind .%(kind)s need LibreOffice, which is not on the server. "
        "Ask for it to be installed, or save the file as .docx.",
        **v,
    ),
    "not_converted": lambda: _(
        "LibreOffice could not read the document: it may be damaged or have a password. Save it as .docx."
    ),
}

PROBLEMS: dict[str, Callable[..., str]] = {
    "lying_ending": lambda **v: _("The ending of the name is wrong: the file was read as .%(kind)s.", **v),
    "hidden_sheet": lambda: _("The sheet is hidden and was not read."),
    "no_header_here": lambda: _("No names were found in this table."),
    "width": lambda **v: _("The line has %(there)s cells, the header %(wanted)s.", **v),
    "open_quote": lambda: _("A quotation mark is not closed."),
    "damaged_text": lambda: _("The line has damaged letters."),
    "long_cell": lambda **v: _("A cell is longer than %(number)s characters.", **v),
    "error_cell": lambda **v: _("A cell holds the error %(text)s instead of a value.", **v),
    "formula": lambda **v: _("The formula %(text)s has no value: open the file in Excel and save it.", **v),
    "several_names": lambda: _("Several people are in one cell: give each a row."),
    "no_name": lambda: _("The line has no name."),
    "section_or_person": lambda: _("This may be a section or a person without a phone; it was left out."),
    "two_rooms": lambda **v: _("Another room, %(name)s, stands beside the name.", **v),
    "unclear_number": lambda **v: _(
        "%(number)s beside the name may be a phone or a room; it went to the note.", **v
    ),
    "day_for_phone": lambda **v: _("%(text)s is a date: the spreadsheet has spoilt a phone.", **v),
    "no_digits": lambda **v: _("“%(text)s” is not a phone; it went to the note.", **v),
}


def describe_step(code: str) -> str:
    """The step of the reading for a progress bar."""
    return STEPS[code]() if code in STEPS else ""


def describe_refusal(code: str, values: dict[str, Any], name: str) -> str:
    """Why the file named ``name`` was not read, and what to do."""
    ending = Path(name).suffix.casefold()
    sentence: str = REFUSALS[code](**values)
    if code in _FOREIGN and ending in _READABLE:
        lie: str = _("The name ends in %(ending)s, but the content is something else.", ending=ending)
        return f"{lie} {sentence}"
    return sentence


def describe_problem(code: str, values: dict[str, Any]) -> str:
    """What is wrong with a row."""
    sentence: str = PROBLEMS[code](**values)
    return sentence


_READABLE = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".docx", ".doc"})
_FOREIGN = frozenset({"pdf", "picture", "archive", "binary", "xml_sheet", "web_archive", "other_office"})
