"""Which order the words of a name stand in: every order is scored by what its words look like."""

from __future__ import annotations

from import_tools.names.cleaning import Token
from import_tools.names.letters import is_latin, skeleton
from import_tools.names.lexicon import Lexicon
from import_tools.names.patronymics import near_fathers, read_patronymic
from import_tools.names.surnames import looks_like_surname, read_surname


class Typed:
    """A word with all that may decide its part."""

    def __init__(
        self, token: Token, beside: list[Token], known: Lexicon, surnames: frozenset[str] = frozenset()
    ) -> None:
        self.text, is_short = _contracted(token.text)
        self.surnames = surnames
        self.known = known
        length = len(token.text)
        latin_pair = token.dotted and length == 2 and is_latin(token.text)
        two_capitals = length == 2 and token.text.isupper() and any(len(other.text) > 2 for other in beside)
        self.pair = two_capitals and not token.dotted and not latin_pair
        self.is_initial = length == 1 or latin_pair
        self.is_prefix = is_short or (token.dotted and 2 <= length <= 5 and not latin_pair)
        others = [other.text for other in beside if len(other.text) > 2 and other is not token]
        self.is_loud = length > 2 and token.text.isupper() and any(not other.isupper() for other in others)

        self.bones = skeleton(self.text)
        self.known_names = known.find(self.text) if length > 1 else {}
        if not self.known_names and "-" in self.text:
            # Анна-Марія is found as Анна
            self.known_names = known.find(self.text.partition("-")[0])

    def names(self) -> dict[str, float]:
        return self.known_names

    def first_score(self) -> float:
        names = self.names()
        if names:
            return 3.0 * max(names.values())
        return (1.0 if self.known.near(self.text) else 0.0) - (1.0 if looks_like_surname(self.text) else 0.0)

    def patronymic_score(self) -> float:
        found = read_patronymic(self.bones, self.known)
        if found is None:
            return 1.0 if near_fathers(self.bones, self.known) else -4.0 if self.names() else -2.5
        return 3.0 if found.fathers else 2.0

    def surname_score(self) -> float:
        score = 2.0 if self.is_loud else 0.0
        is_expected = bool(self.surnames) and read_surname(self.text).key in self.surnames
        if self.names():
            return score - (0.5 if is_expected else 1.0)
        score += 1.5 if is_expected else 0.0
        if looks_like_surname(self.text) or "-" in self.text:
            score += 1.0
        found = read_patronymic(self.bones, self.known)
        return score - (1.0 if found and found.fathers else 0.0)


def _contracted(text: str) -> tuple[str, bool]:
    """``Ол-др`` is the beginning of a name: (``Ол``, True)."""
    first, dash, last = text.partition("-")
    if dash and 2 <= len(first) <= 4 and 1 <= len(last) <= 3 and last.islower():
        return first, True
    return text, False


def has_surname(words: list[Typed]) -> bool:
    """Whether a full word is left beside first names and patronymics."""
    full = [word for word in words if not (word.is_initial or word.is_prefix or word.pair)]
    rest = [
        word
        for word in full
        if not word.names() and not (len(full) > 1 and read_patronymic(word.bones, word.known))
    ]
    return bool(rest)


Parts = tuple[tuple[Typed, ...], tuple[Typed, ...], tuple[Typed, ...]]
# the ways of full words: places of the surname's words, of the first name, of the patronymic; what speaks
# for it
_ORDERS: dict[int, tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], float], ...]] = {
    1: (((0,), (), (), 0.0),),
    2: (((0,), (1,), (), 0.4), ((1,), (0,), (), 0.0)),
    3: (
        ((0,), (1,), (2,), 1.2),
        ((2,), (0,), (1,), 0.6),
        ((0, 1), (2,), (), -0.8),
        ((1, 2), (0,), (), -0.8),
        ((1,), (0,), (2,), -1.0),
    ),
    4: (((0, 1), (2,), (3,), 0.0), ((2, 3), (0,), (1,), 0.0)),
}


def arrange(words: list[Typed]) -> list[tuple[float, Parts]]:
    """The ways to take words as (surname, first name, patronymic), each with its score."""
    words = [word for word in words if not word.pair] if sum(word.pair for word in words) > 1 else words
    pair = next((word for word in words if word.pair), None)
    short = [word for word in words if word.is_initial or word.is_prefix]
    full = [word for word in words if word not in short and word is not pair]
    if pair is not None:
        if not short and len(full) <= 2:
            first, second = (Typed(Token(letter, True), [], pair.known) for letter in pair.text)
            return [(0.0, (tuple(full), (first,), (second,)))]
        full = [word for word in words if word not in short]
    if not full:
        return []
    if short:
        return _with_initials(words, full, short)
    return _ordered(full[:4])


def _ordered(full: list[Typed]) -> list[tuple[float, Parts]]:
    """All orders of full words with their scores."""
    surname = [word.surname_score() for word in full]
    first = [word.first_score() for word in full] if len(full) > 1 else []
    patronymic = [word.patronymic_score() for word in full] if len(full) > 2 else []
    found: list[tuple[float, Parts]] = []
    for surnames, firsts, patronymics, bonus in _ORDERS[len(full)]:
        score = bonus + sum([surname[place] for place in surnames]) / len(surnames)
        score += first[firsts[0]] if firsts else 0.0
        score += patronymic[patronymics[0]] if patronymics else 0.0
        parts = (
            tuple([full[place] for place in surnames]),
            tuple([full[place] for place in firsts]),
            tuple([full[place] for place in patronymics]),
        )
        found.append((score, parts))
    return found


def _with_initials(words: list[Typed], full: list[Typed], short: list[Typed]) -> list[tuple[float, Parts]]:
    if len(short) >= 2 or len(full) == 1:
        return [(0.0, (tuple(full[:2]), (short[0],), tuple(short[1:2])))]
    # "Шевченко Олег І." and "Олег І. Шевченко": the initial follows the first name
    place = words.index(short[0])
    before = words[place - 1] if place else None
    found: list[tuple[float, Parts]] = []
    for first in full[:2]:
        surname = full[1] if first is full[0] else full[0]
        score = surname.surname_score() + first.first_score() + (1.0 if first is before else 0.0)
        found.append((score, ((surname,), (first,), (short[0],))))
    return found
