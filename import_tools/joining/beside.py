"""Evidence beside the name, where both lists have it: unit, telephone number, room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from app.text import fold_words, phone_digits
from import_tools.joining.pairs import Pairs
from import_tools.joining.records import BookRecord, PersonRecord

# how often two lists agree about somebody
SAME_UNIT, SAME_PHONE, SAME_ROOM = 0.75, 0.6, 0.6
MOST = log(60)
SHORTEST_PHONE = 3
ALIKE = 85
SAME, DIFFERENT = 1, 2


@dataclass
class Beside:
    """For each pair: unit evidence (0 none, 1 same, 2 different), a shared telephone, a shared room."""

    unit: NDArray[np.int64]
    phone: NDArray[np.bool_]
    room: NDArray[np.bool_]
    weight: NDArray[np.float64]


@dataclass
class _Facts:
    """What a list tells of its people."""

    units: list[str]
    phones: list[frozenset[str]]
    rooms: list[str]
    unit_times: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, records: Sequence[PersonRecord] | Sequence[BookRecord]) -> _Facts:
        units = [" ".join(sorted(fold_words(record.unit))) if record.unit else "" for record in records]
        phones = [
            frozenset(d for phone in record.phones if len(d := phone_digits(phone)) >= SHORTEST_PHONE)
            if record.phones
            else frozenset()
            for record in records
        ]
        rooms = ["".join(c for c in record.room if c.isdigit()) if record.room else "" for record in records]
        return cls(units, phones, rooms, Counter(unit for unit in units if unit))


def weigh(pairs: Pairs, rows: Sequence[BookRecord], people: Sequence[PersonRecord]) -> Beside:
    """What unit, telephone and room add to each pair."""
    count = len(pairs.row)
    found = Beside(
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=bool),
        np.zeros(count),
    )
    if not any(row.unit or row.phones or row.room for row in rows):
        return found
    if not any(person.unit or person.phones or person.room for person in people):
        return found
    here, there = _Facts.of(rows), _Facts.of(people)
    _units(pairs, here, there, found)
    if any(here.phones) and any(there.phones):
        _shared(pairs, here.phones, there.phones, found.phone, found.weight, SAME_PHONE)
    if any(here.rooms) and any(there.rooms):
        rooms = [[frozenset({room} - {""}) for room in facts.rooms] for facts in (here, there)]
        _shared(pairs, rooms[0], rooms[1], found.room, found.weight, SAME_ROOM)
    return found


def _units(pairs: Pairs, here: _Facts, there: _Facts, found: Beside) -> None:
    from rapidfuzz import fuzz

    known: dict[tuple[str, str], tuple[int, float]] = {("", ""): (0, 0.0)}
    total = max(1, sum(there.unit_times.values()))
    for place, (row, person) in enumerate(zip(pairs.row.tolist(), pairs.person.tolist(), strict=True)):
        unit, other = here.units[row], there.units[person]
        if not unit or not other:
            continue
        kind = known.get((unit, other))
        if kind is None:
            share = min(0.9, there.unit_times[other] / total)
            is_same = unit == other or fuzz.token_set_ratio(unit, other) >= ALIKE
            weight = log(SAME_UNIT / share) if is_same else log((1 - SAME_UNIT) / (1 - share))
            kind = known[unit, other] = (SAME if is_same else DIFFERENT, max(-2.0, min(MOST, weight)))
        found.unit[place] = kind[0]
        found.weight[place] += kind[1]


def _shared(
    pairs: Pairs,
    here: Sequence[frozenset[str]],
    there: Sequence[frozenset[str]],
    shared: NDArray[np.bool_],
    weight: NDArray[np.float64],
    often: float,
) -> None:
    times = Counter(thing for things in there for thing in things)
    total = max(1, len(there))
    for place, (row, person) in enumerate(zip(pairs.row.tolist(), pairs.person.tolist(), strict=True)):
        both = here[row] & there[person] if here[row] else None
        if both:
            shared[place] = True
            weight[place] += min(MOST, log(often * total / min(times[thing] for thing in both)))
