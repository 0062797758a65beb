"""Persons' words about a row of a phone book: which one stands, and whether it speaks of this very row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from app.text import phone_digits
from models import MatchDecision, Verdict

_WORD = re.compile(r"[^\W\d_]+")
_CHARACTERS = re.compile(r"\w+")


class Place(Protocol):
    """Where somebody sits and is called: a row of a phone book, or what a decision has seen of it."""

    @property
    def phones(self) -> list[str]:
        """As they are written."""

    @property
    def room(self) -> str:
        """As it is written; empty when it is not known."""


class NamedPlace(Place, Protocol):
    """The same with the name of the row."""

    @property
    def name(self) -> str:
        """As it is written."""


def weigh_decisions(
    decisions: Iterable[MatchDecision], now: Mapping[int, int]
) -> tuple[MatchDecision | None, set[int | None]]:
    """Of all words about a row, the earliest first: the one that stands, and whom it is not.

    ``now``: whom merged clients have become (app.services.merging); the refused are told as they are now.
    """
    standing: MatchDecision | None = None
    refused: set[int | None] = set()
    for decision in decisions:
        client_id = _today(decision, now)
        if decision.verdict == Verdict.REOPENED:
            standing, refused = None, set()
        elif decision.verdict == Verdict.REFUSED:
            refused.add(client_id)
            if standing is not None and _today(standing, now) in (client_id, None):
                standing = None
        else:
            standing = decision
            refused.discard(client_id)
    return standing, refused


def speaks_of_it(before: Place, row: NamedPlace) -> bool:
    """Whether what was known of a row before may be believed of this one, which has the same key.

    A full name says enough. A bare surname or one with initials may have passed to another person: where
    both times a number or a room is written, one of them must agree.
    """
    if is_full_name(row.name):
        return True
    places = [_place(before), _place(row)]
    return not all(places) or bool(places[0] & places[1])


def is_full_name(name: str) -> bool:
    """Whether a name has two words of three letters or more: initials and short forms do not count."""
    return sum(len(word) >= 3 for word in _WORD.findall(name)) >= 2


def _today(decision: MatchDecision, now: Mapping[int, int]) -> int | None:
    client_id = decision.client_id
    return now.get(client_id, client_id) if client_id is not None else None


def _place(place: Place) -> set[tuple[str, str]]:
    numbers = {("phone", phone_digits(number)) for number in place.phones or ()}
    room = "".join(_CHARACTERS.findall(place.room.casefold()))
    return {fact for fact in numbers | {("room", room)} if fact[1]}
