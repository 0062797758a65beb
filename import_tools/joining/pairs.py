"""The pairs of rows and people that may be one person, with the weight of their evidence.

Pairs are made surname by surname and the best few of each row are kept, so that memory is bounded
by the number of rows, not by the number of namesakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from import_tools.joining.blocking import near_keys
from import_tools.joining.comparing import Frequencies, WordComparer
from import_tools.joining.tables import TYPO, WHOLE, Numbers, Table
from import_tools.names import Lexicon

MOST_PAIRS = 16
# where a surname has so many pairs, those whose first names differ and those of a similar surname are left
# out
CROWD = 5_000
AGAINST = log(0.01)
GENDER_DIFFERS = -5.0
RIGHT_SURNAME = 0.93
# one certain typing error of the sixty that a word can suffer
ONE_ERROR, TWO_ERRORS = 0.05 / 60, 0.05 / 60 / 40
SHORT_WORD = 0.2
UNKNOWN_SURNAME = 0.02
SMOOTHING = 100
# a rare surname may be rare only here
SHRINK = 4

Column = NDArray[Any]


@dataclass
class Pairs:
    """Pairs by row: numbers of row and person, weight (a logarithm), kinds of evidence; ``rest``: what was
    cut off.
    """

    row: Numbers
    person: Numbers
    weight: NDArray[np.float64]
    surname: Numbers
    first: Numbers
    patronymic: Numbers
    gender: NDArray[np.bool_]
    rest: NDArray[np.float64]

    def take(self, kept: Column) -> Pairs:
        """Only these pairs, in this order."""
        return Pairs.of([getattr(self, name)[kept] for name in _COLUMNS], self.rest)

    @classmethod
    def of(cls, columns: list[Column], rest: NDArray[np.float64]) -> Pairs:
        """Pairs of the columns in their order."""
        return cls(**dict(zip(_COLUMNS, columns, strict=True)), rest=rest)


_COLUMNS = ("row", "person", "weight", "surname", "first", "patronymic", "gender")


class PairMaker:
    """Makes the pairs of two tables."""

    def __init__(self, rows: Table, people: Table, known: Lexicon) -> None:
        self.rows, self.people = rows, people
        self.first = WordComparer(known, self._frequencies("firsts", known))
        self.patronymic = WordComparer(known, self._frequencies("patronymics", known))
        self.total = sum(rows.surnames.values()) + sum(people.surnames.values()) + SMOOTHING
        self.is_same_list = rows is people

    def _frequencies(self, words: str, known: Lexicon) -> Frequencies:
        found = Frequencies(known)
        for table in (self.rows, self.people):
            interned = getattr(table.words, words)
            found.count(zip(interned.things, interned.times, strict=True))
        return found

    def make(self) -> Pairs:
        """All pairs worth a look, each once, the best few per row."""
        chunks = []
        rest = np.zeros(len(self.rows.names))
        for key, near in self._near().items():
            blocks = [block for other, errors in near for block in self._blocks(key, other, errors)]
            if blocks:
                chunks.append(_best(self._expand(blocks), rest))
        if not chunks:
            empty = np.zeros(0, dtype=np.int64)
            return Pairs.of([empty, empty, np.zeros(0), empty, empty, empty, empty.astype(bool)], rest)
        joined = [np.concatenate([chunk[place] for chunk in chunks]) for place in range(len(_COLUMNS))]
        return Pairs.of(_best(joined, rest), rest)

    def _near(self) -> dict[int, list[tuple[int, int]]]:
        """The people's keys near each key of the rows, with the typing errors between."""
        spelled = [
            [
                [(key, number) for number, key in enumerate(table.words.keys.things)],
                sorted(table.words.sounds.items()),
            ]
            for table in (self.rows, self.people)
        ]
        found: dict[int, list[tuple[int, int]]] = {}
        for (key, other), errors in sorted(near_keys(spelled[0], spelled[1]).items()):
            found.setdefault(key, []).append((other, errors))
        return found

    def _blocks(self, key: int, other: int, errors: int) -> list[tuple[int, int, int, int, float, int, int]]:
        """Slices of rows and people whose surnames are near and whose first names agree."""
        surname = self._surname(
            self.rows.words.keys.things[key], self.people.words.keys.things[other], errors
        )
        firsts, others = self.rows.words.firsts.things, self.people.words.firsts.things
        compare = self.first.compare
        is_crowd = self._size(self.rows, key) * self._size(self.people, other) > CROWD
        if is_crowd and surname < 0:
            return []
        found = []
        for first, start, end in self.rows.slices[key]:
            word = firsts[first]
            for second, low, high in self.people.slices[other]:
                weight, kind = compare(word, others[second])
                if weight > AGAINST or not is_crowd:
                    found.append((start, end, low, high, surname + weight, TYPO if errors else WHOLE, kind))
        return found

    @staticmethod
    def _size(table: Table, key: int) -> int:
        slices = table.slices[key]
        return slices[-1][2] - slices[0][1]

    def _surname(self, key: str, other: str, errors: int) -> float:
        times = self.rows.surnames[key] + self.people.surnames[key] - 1
        if not errors:
            return log(RIGHT_SURNAME * self.total / (max(times, 0) + SHRINK))
        error = (ONE_ERROR if errors == 1 else TWO_ERRORS) * (
            SHORT_WORD if min(len(key), len(other)) < 4 else 1.0
        )
        if times > 0:
            return log(error * self.total / times)
        # nobody is called so: whoever wrote it wrote some known surname wrongly
        meant = self.rows.surnames[other] + self.people.surnames[other] + 0.3
        return log(error * self.total / (meant * ONE_ERROR + UNKNOWN_SURNAME))

    def _expand(self, blocks: list[tuple[int, int, int, int, float, int, int]]) -> list[Column]:
        start, end, low, high, weight, surname, first = (
            np.array(column) for column in zip(*blocks, strict=True)
        )
        width = high - low
        sizes = (end - start) * width
        block = np.repeat(np.arange(len(sizes)), sizes)
        inside = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        one = start[block] + inside // width[block]
        other = low[block] + inside % width[block]
        rows, people = self.rows.columns, self.people.columns
        patronymic, kinds = self._patronymics(rows["patronymic"][one], people["patronymic"][other])
        genders = rows["gender"][one] * people["gender"][other] == 2
        total = (
            weight[block] + patronymic + rows["cost"][one] + people["cost"][other] + genders * GENDER_DIFFERS
        )
        kind = np.maximum(np.maximum(rows["kind"][one], people["kind"][other]), surname[block])
        columns = [rows["record"][one], people["record"][other], total, kind, first[block], kinds, genders]
        if not self.is_same_list:
            return columns
        apart = columns[0] < columns[1]
        return [column[apart] for column in columns]

    def _patronymics(self, one: Numbers, other: Numbers) -> tuple[Column, Column]:
        width = len(self.people.words.patronymics.things)
        combinations, places = np.unique(one * width + other, return_inverse=True)
        rows, people = self.rows.words.patronymics.things, self.people.words.patronymics.things
        compared = [
            self.patronymic.compare(rows[code // width], people[code % width]) for code in combinations
        ]
        weights, kinds = (
            (np.array(column) for column in zip(*compared, strict=True)) if compared else (one, one)
        )
        return weights[places], kinds[places]


def _best(columns: list[Column], rest: NDArray[np.float64]) -> list[Column]:
    """Each pair once, by its best reading, and of each row the best pairs; the weight of the others is
    added up.
    """
    row, person, weight = columns[:3]
    order = np.lexsort((-weight, person, row))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(row[order]) != 0) | (np.diff(person[order]) != 0)
    order = order[new]
    order = order[np.lexsort((person[order], -weight[order], row[order]))]
    ranked = row[order]
    firsts = np.r_[0, np.flatnonzero(np.diff(ranked)) + 1] if len(ranked) else np.zeros(0, dtype=np.int64)
    rank = np.arange(len(ranked)) - np.repeat(firsts, np.diff(np.r_[firsts, len(ranked)]))
    kept = rank < MOST_PAIRS
    left = order[~kept]
    rest += np.bincount(row[left], weights=np.exp(weight[left]), minlength=len(rest))
    return [column[order[kept]] for column in columns]
