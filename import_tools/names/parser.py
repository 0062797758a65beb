"""Which word of a name is the surname, the first name, the patronymic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from import_tools.names.arranging import Parts, Typed, arrange, has_surname
from import_tools.names.cleaning import Cleaned, Token, clean
from import_tools.names.letters import first_letters, initials_of
from import_tools.names.lexicon import PERHAPS, Lexicon, lexicon
from import_tools.names.patronymics import near_fathers, read_patronymic
from import_tools.names.surnames import Surname, read_surname

MOST_WORDS = 5
# readings of one name that are nearly as good as the best stand beside it
NEAR = 1.0
MOST_READINGS = 3
# how surely a form of two names is the other one, by the language of the patronymic
PERHAPS_RUSSIAN, PERHAPS_UKRAINIAN = 0.6, 0.05
_SONS = frozenset({"огли", "оглы", "кизи", "кызы", "ogly", "kyzy", "заде"})


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
    """One way to understand a name. ``former``: surnames in brackets. ``cost``: how much worse than the
    best.
    """

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
        return (
            tuple(sorted(part.key for part in best.surnames)),
            _known(best.first),
            _known(best.patronymic),
        )


def _known(word: Word) -> object:
    if word.names:
        return max(word.names, key=lambda item: (item[1], item[0]))[0]
    return word.bones or word.letters


@lru_cache(maxsize=20_000)
def parse_name(text: str, known: Lexicon | None = None, surnames: frozenset[str] = frozenset()) -> Name:
    """Read one typed name. Never fails; a text without letters has no readings.

    ``surnames``: keys of surnames that are expected, from the login or from the other list.
    """
    known = known or lexicon()
    cleaned = clean(text[:300])
    tokens = _without_sons(cleaned.tokens)[:MOST_WORDS]
    if not tokens and len(cleaned.titles) != 1:
        return Name(text, (), False)
    words = [Typed(token, tokens, known, surnames) for token in tokens]
    if cleaned.titles and not has_surname(words):
        # "Голова Іван Петрович": a post by its look, here it is the surname
        words.insert(0, Typed(cleaned.titles[-1], tokens, known, surnames))
    found = arrange(words)
    best = max((score for score, _parts in found), default=0.0)
    kept = sorted((item for item in found if item[0] >= best - NEAR), key=lambda item: -item[0])[
        :MOST_READINGS
    ]
    former = tuple(read_surname(part) for word in cleaned.former for part in word.split("-") if len(part) > 1)
    readings = tuple(dict.fromkeys(_reading(parts, former, best - score) for score, parts in kept))
    return Name(text, readings, _is_person(cleaned, words, readings))


def is_person(name: str) -> bool:
    """Whether a line of a phone book names one person, not a place, a thing or a unit."""
    return parse_name(name).is_person


def _without_sons(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.text.casefold() not in _SONS]


def _reading(parts: Parts, former: tuple[Surname, ...], cost: float) -> Reading:
    surnames, firsts, patronymics = parts
    pieces = tuple(
        dict.fromkeys(
            read_surname(piece) for word in surnames for piece in word.text.split("-") if len(piece) > 1
        )
    )
    patronymic, shown = _patronymic(patronymics[0]) if patronymics else (NOTHING, "")
    first = _first(firsts[0], shown) if firsts else NOTHING
    if patronymics and shown == "f":
        first = _by_language(first, is_russian=not patronymics[0].bones.endswith("ivna"))
    genders = set() if first.is_near else {key[-1] for key, weight in first.names if weight >= 0.9}
    gender = (
        shown
        or (genders.pop() if len(genders) == 1 else "")
        or next((p.gender for p in pieces if p.gender), "")
    )
    return Reading(pieces, former, first, patronymic, gender, cost)


def _by_language(first: Word, *, is_russian: bool) -> Word:
    """Анна Петровна is Ганна as well; Анна Петрівна would be written Ганна if she was."""
    if all(weight != PERHAPS for _key, weight in first.names):
        return first
    names = tuple(
        (key, weight if weight != PERHAPS else PERHAPS_RUSSIAN if is_russian else PERHAPS_UKRAINIAN)
        for key, weight in first.names
    )
    return first._replace(names=names)


def _first(word: Typed, gender: str) -> Word:
    if word.is_initial:
        return Word("initial", letters=initials_of(word.text))
    bones = word.bones
    if word.is_prefix:
        return Word("prefix", bones=bones, letters=first_letters(word.text))
    names, is_near = word.names(), False
    if not names:
        near = word.known.near(word.text)
        names, is_near = (
            {key: weight for key, weight in near.items() if key[-1] == gender or not gender},
            True,
        )
    return _full(word, bones, names, is_near and bool(names))


def _full(word: Typed, bones: str, names: dict[str, float], is_near: bool) -> Word:
    letters = first_letters(word.text)
    if names and not is_near:
        # one word for all spellings of a name, so that much is compared only once
        return Word("full", tuple(sorted(names.items())), "", "")
    return Word("full", tuple(sorted(names.items())), bones, letters, is_near)


def _patronymic(word: Typed) -> tuple[Word, str]:
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


def _is_person(cleaned: Cleaned, words: list[Typed], readings: tuple[Reading, ...]) -> bool:
    if not readings or not readings[0].surnames:
        return False
    best = readings[0]
    initials = sum(word.is_initial for word in words)
    if initials > 2 and len(words) - initials > 1:
        # "Іваненко О.П. / Петренко І.І.": two people, and no telling whose the number is
        return False
    if cleaned.ends_in_place and not (
        best.first.names or best.first.kind in ("initial", "prefix") or best.patronymic.names
    ):
        # "Навчальний відділ"
        return False
    if not cleaned.has_place:
        return best.first.kind != "none" or not cleaned.titles
    has_patronymic = best.patronymic.kind in ("initial", "prefix") or bool(best.patronymic.names)
    # a surname may begin like a place: "Складний Іван Петрович"
    return has_patronymic and len(words) <= 3 and best.first.kind != "none"
