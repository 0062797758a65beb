"""Two lists of people joined by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from import_tools.joining.explaining import explain
from import_tools.joining.marking import differences
from import_tools.joining.records import BookRecord, Candidate, Match, Mode, Outcome, PersonRecord
from import_tools.names import is_person

if TYPE_CHECKING:
    from import_tools.names import Lexicon

__all__ = [
    "BookRecord",
    "Candidate",
    "Match",
    "Mode",
    "Outcome",
    "PersonRecord",
    "differences",
    "explain",
    "find_twins",
    "is_person",
    "join",
]


def join(
    people: Sequence[PersonRecord],
    rows: Sequence[BookRecord],
    *,
    mode: Mode = Mode.BALANCED,
    refused: Collection[tuple[str, str]] = (),
    known: Lexicon | None = None,
) -> list[Match]:
    """What each row of a book becomes, in the order of the rows; the order of both lists changes nothing
    else.

    ``refused``: pairs of (row's key, person's key) that a person has rejected: never linked, never shown
    again.
    ``known``: another lexicon of first names, for measuring.
    """
    # numpy comes with the first join, not with every page
    from import_tools.joining.engine import join_lists

    return join_lists(people, rows, mode=mode, refused=refused, known=known)


def find_twins(people: Sequence[PersonRecord]) -> list[tuple[str, str, float, tuple[str, ...]]]:
    """Pairs that may be one person: (key, key, chance 0..1, evidence), the likeliest first, 2,000 at most."""
    from import_tools.joining.twins import find_twins as find

    return find(people)
