"""Imports of phone books in words: how a file was understood, what applying it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from import_tools.book import Limits
from import_tools.joining import Mode, explain
from models import BookRow, ImportRun, RunStage
from views.client_base.words import STAGES, STEPS, count_words

__all__ = [
    "ENDINGS",
    "MODES",
    "STAGES",
    "came_of",
    "columns",
    "mode_word",
    "most_megabytes",
    "reasons",
    "step_word",
    "tiles",
    "understood",
]

ENDINGS = (".csv", ".xlsx", ".xls", ".ods", ".docx", ".doc", ".rtf")
MEGABYTE = 1024 * 1024
# (value, name, what it means)
MODES = (
    (
        Mode.SURE,
        lazy_gettext("Only what is sure"),
        lazy_gettext(
            "Links where name, unit and number leave no doubt. You look at all the others yourself."
        ),
    ),
    (
        Mode.BALANCED,
        lazy_gettext("Balanced"),
        lazy_gettext("Links what is very probable, and asks you about the rest. Right for most books."),
    ),
    (
        Mode.LEAST_WORK,
        lazy_gettext("Least work"),
        lazy_gettext("Links the most probable person and seldom asks. A few links may be wrong."),
    ),
)
KINDS = {
    "csv": lazy_gettext("text with separators (.csv)"),
    "xlsx": lazy_gettext("Excel workbook (.xlsx)"),
    "xls": lazy_gettext("Excel 97–2003 workbook (.xls)"),
    "ods": lazy_gettext("OpenDocument spreadsheet (.ods)"),
    "docx": lazy_gettext("Word document (.docx)"),
    "doc": lazy_gettext("Word 97–2003 document (.doc)"),
    "rtf": lazy_gettext("rich text document (.rtf)"),
    "html": lazy_gettext("web page (.html)"),
}
SEPARATORS = {
    ";": lazy_gettext("semicolon"),
    ",": lazy_gettext("comma"),
    "\t": lazy_gettext("tab"),
    "|": lazy_gettext("vertical bar"),
}
FIELDS = {
    "name": lazy_gettext("Full name"),
    "surname": lazy_gettext("Surname"),
    "first": lazy_gettext("First name"),
    "patronymic": lazy_gettext("Patronymic"),
    "phones": lazy_gettext("Phones"),
    "phone": lazy_gettext("Phone"),
    "room": lazy_gettext("Room"),
    "unit": lazy_gettext("Unit"),
    "job_title": lazy_gettext("Job title"),
    "email": lazy_gettext("E-mail"),
    "note": lazy_gettext("Note"),
}


@dataclass(frozen=True)
class Tile:
    """A number of the preview with what it means."""

    number: int
    words: str
    hint: str


def most_megabytes(config: Mapping[str, Any]) -> int:
    """The largest file that may be sent and is read, in MB."""
    return int(min(config["MAX_CONTENT_LENGTH"], Limits().file_bytes) // MEGABYTE)


def step_word(run: ImportRun) -> str:
    """What a running run does now; a step that has no words here comes in words already."""
    word = str(STEPS.get(run.step, run.step) or _("Waits for its turn"))
    return word[:1].upper() + word[1:]


def mode_word(run: ImportRun) -> str:
    """The mode as it was chosen."""
    return next((str(name) for mode, name, _hint in MODES if mode == run.details.get("mode")), "")


def understood(run: ImportRun) -> list[tuple[str, str]]:
    """How the file was understood, as (label, value); empty before it was read."""
    details = run.details
    if not details.get("kind"):
        return []
    header = details.get("header_line")
    facts = [(_("Kind"), str(KINDS.get(details["kind"], details["kind"])))]
    if details.get("encoding"):
        facts.append((_("Encoding of the file"), str(details["encoding"])))
    if details.get("separator"):
        facts.append((_("Separator"), str(SEPARATORS.get(details["separator"], details["separator"]))))
    if any(details.get("sheets") or ()):
        facts.append((_("Sheets"), ", ".join(filter(None, details["sheets"]))))
    told = _("line %(number)s", number=header) if header else _("none: told by the content")
    return [*facts, (_("Header"), told)]


def columns(run: ImportRun) -> list[tuple[str, str]]:
    """(our field, the headers it is read from)."""
    found = run.details.get("columns") or {}
    return [(str(FIELDS.get(field, field)), str(headers)) for field, headers in found.items()]


def tiles(run: ImportRun) -> list[Tile]:
    """What applying the run would do, in numbers and words."""
    counts = run.counts
    linked = counts.get("linked", 0) + counts.get("created", 0)
    doubtful, unmatched = counts.get("doubtful", 0), counts.get("unmatched", 0)
    problems = counts.get("problems", 0)
    return [
        Tile(
            linked,
            ngettext("will be linked", "will be linked", linked),
            _("their numbers and rooms go to the clients"),
        ),
        Tile(doubtful, ngettext("doubtful", "doubtful", doubtful), _("you decide about them on the bench")),
        Tile(
            unmatched,
            ngettext("only in the book", "only in the book", unmatched),
            _("no client fits; they stay on the bench"),
        ),
        Tile(
            problems,
            ngettext("line with a problem", "lines with problems", problems),
            _("named below; nothing is guessed"),
        ),
    ]


def came_of(run: ImportRun) -> str:
    """What came of a run, in one line."""
    if run.stage == RunStage.FAILED or (run.stage == RunStage.WAITING and run.problem):
        return run.problem
    if run.stage == RunStage.RUNNING:
        return f"{step_word(run)}, {run.percent} %"
    return ", ".join(count_words(run.counts, run.kind))


def reasons(row: BookRow) -> str:
    """Why a row is linked."""
    if row.is_decided:
        return str(_("A person has decided so."))
    return explain(row.evidence)
