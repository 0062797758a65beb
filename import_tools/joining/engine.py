"""The join: two lists of people by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from import_tools.joining import evidence as ev
from import_tools.joining.assigning import assign
from import_tools.joining.beside import Beside, weigh
from import_tools.joining.chances import pair_chances
from import_tools.joining.comparing import DIFFERS
from import_tools.joining.deciding import LIMITS, Limits
from import_tools.joining.pairs import PairMaker, Pairs
from import_tools.joining.records import BookRecord, Candidate, Match, Mode, Outcome, PersonRecord
from import_tools.joining.tables import Table, people_table, rows_table
from import_tools.names import Lexicon, lexicon

MOST_CANDIDATES = 5
# a candidate with a smaller chance is shown only when there is no better one
PLAUSIBLE = 1e-4
# somebody of the same name counts as a namesake from this share of the best chance
NAMESAKE = 0.1
# weights (logarithms) so near are of equal evidence
EQUAL = 0.5
# never linked without a person, whatever the chance
_FORBIDDING = frozenset(
    {ev.SHARED_NAME, ev.NO_FIRST_NAME, ev.GENDER, ev.FIRST[DIFFERS], ev.PATRONYMIC[DIFFERS]}
)


def join_lists(
    people: Sequence[PersonRecord],
    rows: Sequence[BookRecord],
    *,
    mode: Mode = Mode.BALANCED,
    refused: Collection[tuple[str, str]] = (),
    known: Lexicon | None = None,
) -> list[Match]:
    """:func:`import_tools.joining.join`."""
    known = known or lexicon()
    people = sorted(people, key=lambda person: person.key)
    there = people_table(people, known)
    book = rows_table(rows, known, there.words.keys.things)
    pairs = PairMaker(book, there, known).make()
    if refused:
        pairs = _without_refused(pairs, rows, people, frozenset(refused))
    beside = weigh(pairs, rows, people)
    pairs.weight = pairs.weight + beside.weight
    people_count = sum(name.is_person for name in there.names)
    chances = pair_chances(pairs, sum(name.is_person for name in book.names), people_count)
    return _Decision(rows, people, book, there, pairs, beside, chances).matches(LIMITS[mode])


def _without_refused(
    pairs: Pairs,
    rows: Sequence[BookRecord],
    people: Sequence[PersonRecord],
    refused: frozenset[tuple[str, str]],
) -> Pairs:
    numbers = zip(pairs.row.tolist(), pairs.person.tolist(), strict=True)
    kept = [(rows[row].key, people[person].key) not in refused for row, person in numbers]
    return pairs.take(np.array(kept, dtype=bool))


class _Decision:
    """All that is known about the pairs, made into outcomes."""

    def __init__(
        self,
        rows: Sequence[BookRecord],
        people: Sequence[PersonRecord],
        book: Table,
        there: Table,
        pairs: Pairs,
        beside: Beside,
        chances: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> None:
        self.rows, self.people, self.book = rows, people, book
        self.pairs, self.beside, self.chances = pairs, beside, chances
        self.chosen = set(assign(pairs.row, pairs.person, chances).tolist())
        keys = [name.key for name in there.names]
        times = Counter(keys)
        self.shared = [times[key] > 1 for key in keys]

    def matches(self, limits: Limits) -> list[Match]:
        """A match for each row."""
        by_row: list[list[int]] = [[] for _ in self.rows]
        weights = self.pairs.weight
        order = np.lexsort((self.pairs.person, -weights, -self.chances)).tolist()
        for pair, row in zip(order, self.pairs.row[order].tolist(), strict=True):
            by_row[row].append(pair)
        return [self._match(number, found, limits) for number, found in enumerate(by_row)]

    def _match(self, number: int, found: list[int], limits: Limits) -> Match:
        row, name = self.rows[number], self.book.names[number]
        if not name.is_person:
            return Match(row.key, Outcome.UNMATCHED, None, (ev.NOT_A_PERSON,), ())
        if not found:
            return Match(row.key, Outcome.UNMATCHED, None, (), ())
        chances = self.chances[found].tolist()
        shown = [
            Candidate(self.people[person].key, round(chance, 4), self._evidence(pair))
            for pair, person, chance in zip(found, self.pairs.person[found].tolist(), chances, strict=True)
            if chance >= PLAUSIBLE or pair in found[:3]
        ][:MOST_CANDIDATES]
        namesakes = sum(chance >= NAMESAKE * chances[0] for chance in chances)
        reasons = self._reasons(found[0], namesakes, chances[0])
        is_linkable = found[0] in self.chosen and not _FORBIDDING & {*reasons, *shown[0].evidence}
        least = limits.least(int(self.pairs.first[found[0]]), int(self.pairs.patronymic[found[0]]))
        if len(found) > 1 and self._equals(found):
            least = max(least, limits.deduced)
        if is_linkable and chances[0] >= least:
            return Match(row.key, Outcome.SURE, shown[0].key, (*shown[0].evidence, *reasons), tuple(shown))
        outcome = Outcome.DOUBTFUL if sum(chances) >= limits.doubtful else Outcome.UNMATCHED
        return Match(row.key, outcome, None, (*shown[0].evidence, *reasons), tuple(shown))

    def _equals(self, found: list[int]) -> bool:
        """Whether by the evidence alone somebody else fits (nearly) as well as the best."""
        weights = self.pairs.weight[found]
        return bool(weights[1:].max() >= weights[0] - EQUAL)

    def _reasons(self, best: int, namesakes: int, chance: float) -> list[str]:
        """What speaks of the row as a whole."""
        reasons = []
        if namesakes > 1:
            reasons.append(f"{ev.NAMESAKES}{namesakes}")
        if self.shared[int(self.pairs.person[best])]:
            reasons.append(ev.SHARED_NAME)
        if self.pairs.first[best] == ev.FIRST.index("first-missing"):
            reasons.append(ev.NO_FIRST_NAME)
        if namesakes == 1 and chance < NAMESAKE and self.pairs.weight[best] > 0 and best not in self.chosen:
            reasons.append(ev.TAKEN)
        return reasons

    def _evidence(self, pair: int) -> tuple[str, ...]:
        pairs, beside = self.pairs, self.beside
        codes = [
            ev.SURNAME[pairs.surname[pair]],
            ev.FIRST[pairs.first[pair]],
            ev.PATRONYMIC[pairs.patronymic[pair]],
        ]
        if beside.unit[pair]:
            codes.append(ev.UNIT[beside.unit[pair]])
        if beside.phone[pair]:
            codes.append(ev.PHONE)
        if beside.room[pair]:
            codes.append(ev.ROOM)
        if pairs.gender[pair]:
            codes.append(ev.GENDER)
        return tuple(codes)
