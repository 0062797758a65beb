"""Runs, fields and sources of the client base in words: names for what the tables keep as codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from app.services.run_preview import UndoPreview
from models import ImportRun, RunKind, RunStage, Source
from views.call_form import LABELS

# what a run is: (icon, words)
KINDS = {
    RunKind.SYNC: ("arrow-repeat", lazy_gettext("Directory sync")),
    RunKind.BOOK: ("journal-bookmark", lazy_gettext("Phone book")),
    RunKind.LIST: ("list-ul", lazy_gettext("List of people")),
    RunKind.JOIN: ("link-45deg", lazy_gettext("Joining")),
    RunKind.MERGE: ("sign-merge-left", lazy_gettext("Merge of two clients")),
}
# where it stands: (icon, words, kind of tag)
STAGES = {
    RunStage.RUNNING: ("hourglass-split", lazy_gettext("Running"), "mine"),
    RunStage.WAITING: ("exclamation-circle", lazy_gettext("Waits for a decision"), "free"),
    RunStage.APPLIED: ("check-circle-fill", lazy_gettext("Applied"), "done"),
    RunStage.FAILED: ("exclamation-octagon-fill", lazy_gettext("Came to nothing"), "danger"),
    RunStage.REFUSED: ("slash-circle", lazy_gettext("Refused"), ""),
    RunStage.UNDONE: ("arrow-counterclockwise", lazy_gettext("Taken back"), ""),
}
STEPS = {
    "reading": lazy_gettext("Reading"),
    "joining": lazy_gettext("Joining with the clients"),
    "comparing": lazy_gettext("Comparing"),
    "writing": lazy_gettext("Writing"),
}
FIELD_LABELS: dict[str, Any] = {
    **LABELS,
    "phones": lazy_gettext("Phones"),
    "unit": lazy_gettext("Unit"),
    "is_active": lazy_gettext("Works here"),
    "is_hidden": lazy_gettext("Hidden"),
    "object_guid": lazy_gettext("Identifier in the directory"),
}


def kind_word(run: ImportRun) -> str:
    """What the run is, without its title."""
    return str(KINDS[RunKind(run.kind)][1])


def run_title(run: ImportRun) -> str:
    """``Phone book: phones.xlsx``."""
    return f"{kind_word(run)}: {run.title}" if run.title else kind_word(run)


def step_word(run: ImportRun) -> str:
    """What a running run does now; a step that has no words here comes in words already."""
    word = str(STEPS.get(run.step, run.step or _("Starting")))
    return word[:1].upper() + word[1:]


def field_word(field: str) -> str:
    """The label of a client's field."""
    return str(FIELD_LABELS.get(field, field))


def value_word(value: Any) -> str:
    """A field's value as people read it; nothing is a dash."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return "—" if value in (None, "") else str(value)


_Count = Callable[[int], str]
_COUNTS: dict[str, _Count] = {
    "read": lambda n: ngettext("%(num)s record read", "%(num)s records read", n),
    "rows": lambda n: ngettext("%(num)s row read", "%(num)s rows read", n),
    "created": lambda n: ngettext("%(num)s new client", "%(num)s new clients", n),
    "changed": lambda n: ngettext("%(num)s changed", "%(num)s changed", n),
    "unchanged": lambda n: ngettext("%(num)s unchanged", "%(num)s unchanged", n),
    "adopted": lambda n: ngettext("%(num)s found by name", "%(num)s found by name", n),
    "forgotten": lambda n: ngettext("%(num)s gone from the book", "%(num)s gone from the book", n),
    "problems": lambda n: ngettext("%(num)s line with a problem", "%(num)s lines with problems", n),
    "deactivated": lambda n: ngettext("%(num)s no longer works here", "%(num)s no longer work here", n),
    "refused": lambda n: ngettext("%(num)s line refused", "%(num)s lines refused", n),
    "skipped": lambda n: ngettext("%(num)s skipped", "%(num)s skipped", n),
    "linked": lambda n: ngettext("%(num)s joined", "%(num)s joined", n),
    "doubtful": lambda n: ngettext("%(num)s doubtful", "%(num)s doubtful", n),
    "unmatched": lambda n: ngettext("%(num)s matched nobody", "%(num)s matched nobody", n),
    "left": lambda n: ngettext("%(num)s left as nobody's", "%(num)s left as nobody's", n),
    "reopened": lambda n: ngettext("%(num)s decided anew", "%(num)s decided anew", n),
    "tickets": lambda n: ngettext("%(num)s ticket moved", "%(num)s tickets moved", n),
    "calls": lambda n: ngettext("%(num)s call moved", "%(num)s calls moved", n),
    # what taking back has done
    "without_login": lambda n: ngettext(
        "%(num)s without the earlier login: somebody else has it now",
        "%(num)s without the earlier login: somebody else has it now",
        n,
    ),
    "unmerged": lambda n: ngettext("%(num)s client parted again", "%(num)s clients parted again", n),
    "restored": lambda n: ngettext("%(num)s client restored", "%(num)s clients restored", n),
    "removed": lambda n: ngettext("%(num)s client taken out", "%(num)s clients taken out", n),
    "kept": lambda n: ngettext(
        "%(num)s new client kept, as he is needed by now",
        "%(num)s new clients kept, as they are needed by now",
        n,
    ),
}
_OF_JOINS: dict[str, _Count] = {
    "refused": lambda n: ngettext("%(num)s candidate refused", "%(num)s candidates refused", n),
}
_UNTOLD = ("known",)  # how many there are is not what a run did


def count_words(counts: Mapping[str, int], kind: str = "") -> list[str]:
    """The counts of a run that are not zero, in words; a name that has no words here is shown as it is."""
    special = _OF_JOINS if kind == RunKind.JOIN else {}
    words = []
    for name, number in counts.items():
        if number and name not in _UNTOLD:
            make = special.get(name) or _COUNTS.get(name)
            words.append(str(make(number)) if make else f"{name}: {number}")
    if words:
        return words
    return [str(_("no tickets or calls to move") if kind == RunKind.MERGE else _("nothing changed"))]


def preview_words(preview: UndoPreview) -> list[str]:
    """What taking back will do, one whole sentence a line."""
    texts: list[tuple[int, _Count]] = [
        (
            preview.unmerged,
            lambda n: ngettext(
                "%(num)s merged client becomes two again: tickets and calls return to their people.",
                "%(num)s merged clients become two again: tickets and calls return to their people.",
                n,
            ),
        ),
        (
            preview.restored,
            lambda n: ngettext(
                "%(num)s client gets back what was there before.",
                "%(num)s clients get back what was there before.",
                n,
            ),
        ),
        (
            preview.removed,
            lambda n: ngettext(
                "%(num)s client whom this run made is taken out.",
                "%(num)s clients whom this run made are taken out.",
                n,
            ),
        ),
        (
            preview.kept,
            lambda n: ngettext(
                "%(num)s client made by it stays: he has tickets or calls, was corrected or merged.",
                "%(num)s clients made by it stay: they have tickets or calls, were corrected or merged.",
                n,
            ),
        ),
        (
            preview.sittings,
            lambda n: ngettext(
                "%(num)s sitting of joining about its rows is taken back with it.",
                "%(num)s sittings of joining about its rows are taken back with it.",
                n,
            ),
        ),
    ]
    return [str(make(number)) for number, make in texts if number]


def source_word(source: str, who: str = "") -> str:
    """Where a value comes from: ``corrected by Олена К.``, ``from the directory``."""
    match source:
        case Source.PERSON:
            return str(_("corrected by %(name)s", name=who) if who else _("corrected by a person"))
        case Source.DIRECTORY:
            return str(_("from the directory"))
        case Source.BOOK:
            return str(_("from the phone book"))
        case Source.LIST:
            return str(_("from a list of people"))
        case Source.MERGED:
            return str(_("from a double that was merged"))
    return str(_("it was there before sources were kept"))


def saying(source: str, value: Any, who: str = "") -> str:
    """What a source says that does not count: ``the phone book says 2071``."""
    said = value_word(value)
    match source:
        case Source.PERSON:
            return str(_("%(name)s says %(value)s", name=who or _("a person"), value=said))
        case Source.DIRECTORY:
            return str(_("the directory says %(value)s", value=said))
        case Source.BOOK:
            return str(_("the phone book says %(value)s", value=said))
        case Source.LIST:
            return str(_("a list of people says %(value)s", value=said))
        case Source.MERGED:
            return str(_("a merged double says %(value)s", value=said))
    return str(_("before it was %(value)s", value=said))
