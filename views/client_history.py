"""The history of a client's record in words: who did what to it, and by which run."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.events import Kind
from app.services.callers import ClientChange
from models import ImportRun, JournalEntry, RunKind
from views.client_base.words import field_word

ICONS = {
    Kind.CLIENT_CREATED: "person-plus",
    Kind.CLIENT_EDITED: "pencil",
    Kind.CLIENT_MERGED: "sign-merge-left",
    Kind.CLIENT_UNMERGED: "signpost-split",
    Kind.CORRECTION_ASKED: "chat-left-dots",
    Kind.CORRECTION_DECIDED: "check2-square",
}


@dataclass(frozen=True)
class Line:
    """One line: what was done, the values that changed, and the run by which it came."""

    entry: JournalEntry
    icon: str
    what: str
    values: list[tuple[str, str, str]]
    run_id: int | None
    by: str


def change_words(change: ClientChange) -> list[tuple[str, str, str]]:
    """The changed values of one entry with the names of their fields."""
    return [(field_word(name), old, new) for name, old, new in change.values]


def history_lines(changes: list[ClientChange]) -> list[Line]:
    """The entries in words, in their order."""
    return [
        Line(
            entry=change.entry,
            icon=ICONS.get(Kind(change.entry.kind), "pencil"),
            what=_what(change.entry),
            values=change_words(change),
            run_id=change.run.id if change.run else None,
            by=_by(change.run, is_undo=change.is_undo) if change.run else "",
        )
        for change in changes
    ]


def _what(entry: JournalEntry) -> str:
    match entry.kind:
        case Kind.CLIENT_CREATED:
            return str(_("wrote the client down"))
        case Kind.CLIENT_MERGED:
            is_double = entry.new.get("double") == entry.client_id
            return str(_("merged him into another client") if is_double else _("merged a double into him"))
        case Kind.CLIENT_UNMERGED:
            return str(_("made two clients of him again"))
        case Kind.CORRECTION_ASKED:
            return str(_("asked for a correction"))
        case Kind.CORRECTION_DECIDED:
            return str(_("accepted a correction") if entry.new.get("accepted") else _("refused a correction"))
    return str(_("corrected"))


def _by(run: ImportRun, *, is_undo: bool) -> str:
    """``by the import of phonebook.csv``."""
    if is_undo:
        return str(_("by taking back"))
    match run.kind:
        case RunKind.SYNC:
            return str(_("by reading the directory"))
        case RunKind.JOIN:
            return str(_("by joining with %(title)s", title=run.title))
        case RunKind.MERGE:
            return str(_("by a merge"))
    return str(_("by the import of %(title)s", title=run.title))
