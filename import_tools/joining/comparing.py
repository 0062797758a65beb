"""How much two words speak for one person: logarithms of likelihood ratios, and the kind of evidence.

A ratio says how many times likelier the row's word is when the row is this person than when it is anybody. So
a rare name says much, a frequent one little, a missing one nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log

from import_tools.names import Lexicon, Word
from import_tools.names.letters import skeleton

SAME, ALIKE, INITIAL, MISSING, DIFFERS = range(5)
# how often the initial is the Ukrainian one, and that of the other language
USUAL_INITIAL, OTHER_INITIAL = 0.93, 0.12
WRONG = 0.002
RARE_NAME = 0.012
# a name that no list knows: how often two words of one person are equal, a letter apart, similar
EQUAL, ONE_APART, SIMILAR, SAME_LETTER = 0.9, 0.6, 0.25, 0.25
UNKNOWN_DIFFERS = log(0.15)
KNOWN_DIFFERS = log(0.03)


@dataclass
class Frequencies:
    """How often names and initials occur in both lists."""

    known: Lexicon
    names: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    letters: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def count(self, words: Iterable[tuple[Word, int]]) -> None:
        """Count words that occur so many times."""
        for word, times in words:
            if word.kind == "none":
                continue
            self.total += times
            letters = letters_of(word, self.known)
            if letters:
                self.letters[letters[0]] += times
            for key, weight in word.names:
                self.names[key] += times * weight

    def of_name(self, key: str) -> float:
        """The share of people with this name, never nothing."""
        return (self.names[key] + 4) / (self.total + 40)

    def of_letter(self, letter: str) -> float:
        """The share of people whose name begins so."""
        return (self.letters[letter] + 1.0) / (self.total + 20)


def letters_of(word: Word, known: Lexicon) -> str:
    """The initials a word has in all its forms, the usual one first."""
    if not word.names:
        return word.letters
    best = max(word.names, key=lambda item: item[1])[1]
    likely = sorted(word.names, key=lambda item: -item[1])  # the usual initial is that of the likeliest name
    letters = "".join(known.names[key].initials for key, weight in likely if weight >= 0.9 * best)
    return "".join(dict.fromkeys(word.letters + letters))


class WordComparer:
    """Compares first names, or patronymics by their fathers, each pair of words once."""

    def __init__(self, known: Lexicon, frequencies: Frequencies) -> None:
        self.known = known
        self.frequencies = frequencies
        self._seen: dict[tuple[Word, Word], tuple[float, int]] = {}

    def compare(self, row: Word, person: Word) -> tuple[float, int]:
        """(logarithm of the ratio, kind of evidence) of the row's word and the person's."""
        pair = (row, person)
        found = self._seen.get(pair)
        if found is None:
            found = self._seen[pair] = self._compare(row, person)
        return found

    def _compare(self, row: Word, person: Word) -> tuple[float, int]:
        if "none" in (row.kind, person.kind):
            return 0.0, MISSING
        if row.kind != "full" or person.kind != "full":
            return self._initials(row, person)
        if row.names and person.names:
            return self._names(row, person)
        return self._unknown(row, person)

    def _names(self, row: Word, person: Word) -> tuple[float, int]:
        there = dict(person.names)
        # an uncertain form of one side is good evidence, of both it is little
        best = max(
            ((weight * there[key], key) for key, weight in row.names if key in there), default=(0.0, "")
        )
        if best[0] <= 0:
            return log(WRONG), DIFFERS
        near = row.is_near or person.is_near
        return log(
            0.95 * best[0] * (0.7 if near else 1.0) / self.frequencies.of_name(best[1])
        ), ALIKE if near else SAME

    def _initials(self, row: Word, person: Word) -> tuple[float, int]:
        letters = letters_of(row, self.known)
        there = letters_of(person, self.known)
        if not letters or not there:
            return 0.0, MISSING
        best = 0.0
        for letter in letters:
            if letter in there:
                share = USUAL_INITIAL if letter in there[: 1 if person.names else None] else OTHER_INITIAL
                if row.kind == "full" and letter != letters[0]:
                    share = OTHER_INITIAL
                best = max(best, share / self.frequencies.of_letter(letter))
        if not best:
            return log(WRONG), DIFFERS
        if "prefix" in (row.kind, person.kind):
            fits = self._prefix(row, person)
            return (log(best * 3), ALIKE) if fits else (log(best * 0.1), INITIAL)
        return log(best), INITIAL

    def _prefix(self, row: Word, person: Word) -> bool:
        short, other = (row, person) if row.kind == "prefix" else (person, row)
        return any(form.startswith(short.bones) for form in self._forms(other))

    def _forms(self, word: Word) -> list[str]:
        return [word.bones] if word.bones else [skeleton(key[:-1]) for key, _weight in word.names]

    def _unknown(self, row: Word, person: Word) -> tuple[float, int]:
        from rapidfuzz.distance import OSA

        forms = [(one, other) for one in self._forms(row) for other in self._forms(person)]
        distance, longest = min((OSA.distance(one, other), max(len(one), len(other))) for one, other in forms)
        if row.names or person.names:
            # a list knows all forms of the one, so the other is probably somebody else
            return (
                (log(0.4 / RARE_NAME), ALIKE) if distance <= 1 and longest > 3 else (KNOWN_DIFFERS, DIFFERS)
            )
        if distance == 0:
            return log(EQUAL / RARE_NAME), SAME
        if distance == 1 and longest > 3:
            return log(ONE_APART / RARE_NAME), ALIKE
        if distance <= longest * 0.45:
            return log(SIMILAR / RARE_NAME), ALIKE
        shared = [letter for letter in row.letters if letter in person.letters]
        if shared:
            return log(SAME_LETTER / self.frequencies.of_letter(shared[0])), ALIKE
        return UNKNOWN_DIFFERS, DIFFERS
