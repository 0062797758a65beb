"""People and rows as columns of numbers: every different word has one number, every reading one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from import_tools.joining.logins import NO_LOGIN, Login, narrow, read_login
from import_tools.joining.records import BookRecord, PersonRecord
from import_tools.names import Lexicon, Name, Reading, Word, parse_name
from import_tools.names.surnames import read_surname

Numbers = NDArray[np.int64]
Thing = TypeVar("Thing", bound=Hashable)

# kinds of surname keys, as in evidence.SURNAME
WHOLE, TYPO, PART, FORMER, LOGIN = range(5)
COST = {WHOLE: 0.0, PART: -1.5, FORMER: -0.8, LOGIN: -0.7}
STRANGE_LOGIN = -3.0
AGAINST_LOGIN = 2.0
_GENDERS = {"": 0, "m": 1, "f": 2}


class Interned(Generic[Thing]):
    """Things by number, each once, and how often each was met."""

    def __init__(self) -> None:
        self.numbers: dict[Thing, int] = {}
        self.things: list[Thing] = []
        self.times: list[int] = []

    def number(self, thing: Thing) -> int:
        """The number of a thing, new or known."""
        number = self.numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
            self.times.append(0)
        self.times[number] += 1
        return number


@dataclass
class Words:
    """The words of one list."""

    keys: Interned[str] = field(default_factory=Interned)
    # the sounds of surnames and the keys they have
    sounds: dict[str, int] = field(default_factory=dict)
    firsts: Interned[Word] = field(default_factory=Interned)
    patronymics: Interned[Word] = field(default_factory=Interned)


@dataclass(frozen=True)
class Table:
    """The lines of a list, sorted by surname key and first name.

    ``record``, ``key``, ``first``, ``patronymic``, ``gender`` (0 unknown), ``kind`` of the surname key,
    ``cost``.
    """

    words: Words
    names: list[Name]
    surnames: Counter[str]
    columns: dict[str, NDArray[Any]]
    # key number → (first name number, from, to)
    slices: dict[int, list[tuple[int, int, int]]]


def people_table(people: Sequence[PersonRecord], known: Lexicon) -> Table:
    """The table of people; logins tell more of their names."""
    names = [parse_name(person.name, known, _expected(person)) for person in people]
    logins = [
        read_login(person.login or person.email, name.readings)
        for person, name in zip(people, names, strict=True)
    ]
    return _table(names, logins, known)


def rows_table(rows: Sequence[BookRecord], known: Lexicon, surnames: Iterable[str] = ()) -> Table:
    """The table of a book's rows; what is no person has no line in it. ``surnames``: keys that are
    expected.
    """
    expected = frozenset(surnames)
    names = [parse_name(row.name, known, expected) for row in rows]
    return _table(names, [NO_LOGIN] * len(names), known)


def _expected(person: PersonRecord) -> frozenset[str]:
    """The surname in a login that is made as most are: ``o.ivanenko``."""
    pieces = re.split("[^a-z]+", (person.login or person.email.partition("@")[0]).casefold())
    longest = max(pieces, key=len)
    return frozenset({read_surname(longest).key}) if len(longest) > 2 else frozenset()


def _table(names: list[Name], logins: list[Login], known: Lexicon) -> Table:
    words, surnames = Words(), Counter[str]()
    lines: list[tuple[int, int, int, int, int, int, float]] = []
    for record, (name, login) in enumerate(zip(names, logins, strict=True)):
        if not name.is_person:
            continue
        against = _against_login(name.readings, login)
        for place, reading in enumerate(name.readings):
            keys = _keys(reading, login)
            if place == 0 and keys:
                surnames[keys[0][0]] += 1
            first = words.firsts.number(narrow(reading.first, login.letters, known))
            patronymic = words.patronymics.number(reading.patronymic)
            gender = _GENDERS[reading.gender]
            for key, sounds, kind, cost in keys:
                number = words.keys.number(key)
                words.sounds.setdefault(sounds, number)
                cost -= reading.cost + (against if login.surname and not _fits(reading, login) else 0.0)
                lines.append((number, first, record, patronymic, gender, kind, cost))
    return _sorted(words, names, surnames, lines)


def _fits(reading: Reading, login: Login) -> bool:
    return login.surname is not None and any(part.key == login.surname.key for part in reading.surnames)


def _against_login(readings: tuple[Reading, ...], login: Login) -> float:
    return AGAINST_LOGIN if any(_fits(reading, login) for reading in readings) else 0.0


def _keys(reading: Reading, login: Login) -> list[tuple[str, str, int, float]]:
    """The keys under which a reading is found: (key, sounds, kind, cost)."""
    parts = sorted({part.key: part.sounds for part in reading.surnames}.items())
    names = [key for key, _sounds in parts]
    found = [("+".join(names), "+".join(sounds for _key, sounds in parts), WHOLE, 0.0)] if parts else []
    if len(parts) > 1:
        found += [(key, sounds, PART, COST[PART]) for key, sounds in parts]
    found += [(part.key, part.sounds, FORMER, COST[FORMER]) for part in reading.former]
    if login.surname and login.surname.key not in names:
        from rapidfuzz.distance import OSA

        likeness = max((OSA.normalized_similarity(login.surname.key, name) for name in names), default=0.0)
        cost = COST[LOGIN] if likeness > 0.7 else STRANGE_LOGIN
        found.append((login.surname.key, login.surname.sounds, LOGIN, cost))
    return found


def _sorted(words: Words, names: list[Name], surnames: Counter[str], lines: list[Any]) -> Table:
    lines.sort(key=lambda line: line[:3])
    kinds = (np.int64, np.int64, np.int64, np.int64, np.int64, np.int64, np.float64)
    titles = ("key", "first", "record", "patronymic", "gender", "kind", "cost")
    columns = {
        title: np.array([line[place] for line in lines], dtype=kind)
        for place, (title, kind) in enumerate(zip(titles, kinds, strict=True))
    }
    slices: dict[int, list[tuple[int, int, int]]] = {}
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or lines[end][:2] != lines[start][:2]:
            slices.setdefault(lines[start][0], []).append((lines[start][1], start, end))
            start = end
    return Table(words, names, surnames, columns, slices)
