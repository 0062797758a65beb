"""Which word of a name is the surname, the first name, the patronymic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from import_tools.names.cleaning import Cleaned, Token, clean
from import_tools.names.letters import first_letters, initials_of, is_latin, skeleton
from import_tools.names.lexicon import Lexicon, lexicon
from import_tools.names.patronymics import near_fathers, read_patronymic
from import_tools.names.surnames import Surname, looks_like_surname, read_surname

MOST_WORDS = 5
# readings of one name that are nearly as good as the best stand beside it
NEAR = 1.0
MOST_READINGS = 3
_SONS = frozenset({"огли", "оглы", "огли", "кизи", "кызы", "ogly", "kyzy", "заде"})


class Word(NamedTuple):
    """A first name or a patronymic as it is compared.

    ``kind``: full, initial, prefix (``Олекс.``), none. ``names``: the names it may be and how surely (of a
    patronymic: the fathers). ``bones``: its skeleton. ``letters``: the initials it stands for.
    """

    kind: str = "none"
    names: tuple[tuple[str, float], ...] = ()
    bones: str = ""
    letters: str = ""
    is_near: bool = False


NOTHING = Word()


class Reading(NamedTuple):
    """One way to understand a name. ``former``: surnames in brackets. ``cost``: how much worse than the best."""

    surnames: tuple[Surname, ...]
    former: tuple[Surname, ...]
    first: Word
    patronymic: Word
    gender: str
    cost: float


@dataclass(frozen=True)
class Name:
    """A name that was read: its readings, the best first; none when nobody has this name."""

    text: str
    readings: tuple[Reading, ...]
    is_person: bool

    @property
    def key(self) -> tuple[object, ...]:
        """The same for all ways to write the same words of the same person."""
        if not self.readings:
            return (self.text,)
        best = self.readings[0]
        return (tuple(sorted(part.key for part in best.surnames)), _known(best.first), _known(best.patronymic))


def _known(word: Word) -> object:
    return word.names[0][0] if word.names else word.bones or word.letters


@lru_cache(maxsize=400_000)
def parse_name(text: str, known: Lexicon | None = None, surnames: frozenset[str] = frozenset()) -> Name:
    """Read one typed name. Never fails; a text without letters has no readings.

    ``surnames``: keys of surnames that are expected, from the login or from the other list.
    """
    known = known or lexicon()
    cleaned = clean(text[:300])
    tokens = _without_sons(cleaned.tokens)[:MOST_WORDS]
    if not tokens and len(cleaned.titles) != 1:
        return Name(text, (), False)
    words = [_Token(token, tokens, known, surnames) for token in tokens]
    if cleaned.titles and not _has_surname(words):
        # "Голова Іван Петрович": a post by its look, here it is the surname
        words.insert(0, _Token(cleaned.titles[-1], tokens, known, surnames))
    found = _arrange(words)
    best = max((score for score, _parts in found), default=0.0)
    kept = sorted((item for item in found if item[0] >= best - NEAR), key=lambda item: -item[0])[:MOST_READINGS]
    former = tuple(read_surname(part) for word in cleaned.former for part in word.split("-") if len(part) > 1)
    readings = tuple(dict.fromkeys(_reading(parts, former, best - score) for score, parts in kept))
    return Name(text, readings, _is_person(cleaned, words, readings))


def is_person(name: str) -> bool:
    """Whether a line of a phone book names one person, not a place, a thing or a unit."""
    return parse_name(name).is_person


def _without_sons(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.text.casefold() not in _SONS]


class _Token:
    """A word with all that may decide its part."""

    def __init__(
        self, token: Token, beside: list[Token], known: Lexicon, surnames: frozenset[str] = frozenset()
    ) -> None:
        self.text = token.text
        self.surnames = surnames
        self.known = known
        length = len(token.text)
        latin_pair = token.dotted and length == 2 and is_latin(token.text)
        two_capitals = length == 2 and token.text.isupper() and any(len(other.text) > 2 for other in beside)
        self.pair = two_capitals and not token.dotted and not latin_pair
        self.is_initial = length == 1 or latin_pair
        self.is_prefix = token.dotted and 2 <= length <= 5 and not latin_pair
        others = [other.text for other in beside if len(other.text) > 2 and other is not token]
        self.is_loud = length > 2 and token.text.isupper() and any(not other.isupper() for other in others)

        self.bones = skeleton(token.text)
        self.known_names = known.find(token.text) if length > 1 else {}

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


def _has_surname(words: list[_Token]) -> bool:
    """Whether a full word is left beside first names and patronymics."""
    full = [word for word in words if not (word.is_initial or word.is_prefix or word.pair)]
    rest = [
        word for word in full if not word.names() and not (len(full) > 1 and read_patronymic(word.bones, word.known))
    ]
    return bool(rest)


_Parts = tuple[tuple[_Token, ...], tuple[_Token, ...], tuple[_Token, ...]]
# the ways of full words: places of the surname's words, of the first name, of the patronymic; what speaks for it
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


def _arrange(words: list[_Token]) -> list[tuple[float, _Parts]]:
    words = [word for word in words if not word.pair] if sum(word.pair for word in words) > 1 else words
    pair = next((word for word in words if word.pair), None)
    short = [word for word in words if word.is_initial or word.is_prefix]
    full = [word for word in words if word not in short and word is not pair]
    if pair is not None:
        if not short and len(full) <= 2:
            first, second = (_Token(Token(letter, True), [], pair.known) for letter in pair.text)
            return [(0.0, (tuple(full), (first,), (second,)))]
        full = [word for word in words if word not in short]
    if not full:
        return []
    if short:
        return _with_initials(words, full, short)
    return _ordered(full[:4])


def _ordered(full: list[_Token]) -> list[tuple[float, _Parts]]:
    """All orders of full words with their scores."""
    surname = [word.surname_score() for word in full]
    first = [word.first_score() for word in full] if len(full) > 1 else []
    patronymic = [word.patronymic_score() for word in full] if len(full) > 2 else []
    found = []
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


def _with_initials(words: list[_Token], full: list[_Token], short: list[_Token]) -> list[tuple[float, _Parts]]:
    if len(short) >= 2 or len(full) == 1:
        return [(0.0, (tuple(full[:2]), (short[0],), tuple(short[1:2])))]
    # "Шевченко Олег І." and "Олег І. Шевченко": the initial follows the first name
    place = words.index(short[0])
    before = words[place - 1] if place else None
    found = []
    for first in full[:2]:
        surname = full[1] if first is full[0] else full[0]
        score = surname.surname_score() + first.first_score() + (1.0 if first is before else 0.0)
        found.append((score, ((surname,), (first,), (short[0],))))
    return found


def _reading(parts: _Parts, former: tuple[Surname, ...], cost: float) -> Reading:
    surnames, firsts, patronymics = parts
    pieces = tuple(
        dict.fromkeys(read_surname(piece) for word in surnames for piece in word.text.split("-") if len(piece) > 1)
    )
    patronymic, shown = _patronymic(patronymics[0]) if patronymics else (NOTHING, "")
    first = _first(firsts[0], shown) if firsts else NOTHING
    genders = set() if first.is_near else {key[-1] for key, weight in first.names if weight >= 0.9}
    gender = shown or (genders.pop() if len(genders) == 1 else "") or next((p.gender for p in pieces if p.gender), "")
    return Reading(pieces, former, first, patronymic, gender, cost)


def _first(word: _Token, gender: str) -> Word:
    if word.is_initial:
        return Word("initial", letters=initials_of(word.text))
    bones = word.bones
    if word.is_prefix:
        return Word("prefix", bones=bones, letters=first_letters(word.text))
    names, is_near = word.names(), False
    if not names:
        near = word.known.near(word.text)
        names, is_near = {key: weight for key, weight in near.items() if key[-1] == gender or not gender}, True
    return _full(word, bones, names, is_near and bool(names))


def _full(word: _Token, bones: str, names: dict[str, float], is_near: bool) -> Word:
    letters = first_letters(word.text)
    if names and not is_near:
        # one word for all spellings of a name, so that much is compared only once
        return Word("full", tuple(sorted(names.items())), "", "")
    return Word("full", tuple(sorted(names.items())), bones, letters, is_near)


def _patronymic(word: _Token) -> tuple[Word, str]:
    if word.is_initial:
        return Word("initial", letters=initials_of(word.text)), ""
    bones = word.bones
    if word.is_prefix:
        return Word("prefix", bones=bones, letters=first_letters(word.text)), ""
    found = read_patronymic(bones, word.known)
    names, is_near = (found.fathers if found else {}), False
    if not names:
        names, is_near = near_fathers(bones, word.known), True
    stem, gender = (found.stem, found.gender) if found else (bones, "")
    return _full(word, stem, names, is_near and bool(names)), gender


def _is_person(cleaned: Cleaned, words: list[_Token], readings: tuple[Reading, ...]) -> bool:
    if not readings or not readings[0].surnames:
        return False
    best = readings[0]
    if not cleaned.has_place:
        return best.first.kind != "none" or not cleaned.titles
    has_patronymic = best.patronymic.kind in ("initial", "prefix") or bool(best.patronymic.names)
    # a surname may begin like a place: "Складний Іван Петрович"
    return has_patronymic and len(words) <= 3 and best.first.kind != "none"
