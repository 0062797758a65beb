"""What is joined, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How much is linked without a person: only what is sure, the usual middle, or as much as is bearable."""

    SURE = "sure"
    BALANCED = "balanced"
    LEAST_WORK = "least-work"


class Outcome(StrEnum):
    """Linked without a person; to be looked at by one; nobody fits."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    UNMATCHED = "unmatched"


@dataclass(frozen=True)
class PersonRecord:
    """Somebody who is known: of Active Directory or of the client base."""

    key: str
    name: str
    unit: str = ""
    login: str = ""
    email: str = ""
    phones: tuple[str, ...] = ()
    room: str = ""


@dataclass(frozen=True)
class BookRecord:
    """A row of a phone book."""

    key: str
    name: str
    unit: str = ""
    phones: tuple[str, ...] = ()
    room: str = ""


@dataclass(frozen=True)
class Candidate:
    """A person a row may be: the chance of it, 0..1, and the evidence as stable codes."""

    key: str
    score: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """What became of a row. ``key`` is given only when the outcome is sure; candidates: five at most, best
    first.
    """

    row: str
    outcome: Outcome
    key: str | None
    evidence: tuple[str, ...]
    candidates: tuple[Candidate, ...]
