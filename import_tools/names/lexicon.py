"""Which first name a word is: one name for its Ukrainian, Russian, Latin and pet forms."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from import_tools.names.letters import first_letters, skeleton, sounds_of
from import_tools.names.men import MEN
from import_tools.names.women import WOMEN

# how surely a pet form, and a form that other people have too, is a name
PET, PERHAPS = 0.9, 0.3


@dataclass(frozen=True)
class FirstName:
    """A name: its id, ``m`` or ``f``, the initials of its forms (the Ukrainian one first)."""

    id: str
    gender: str
    initials: str


@dataclass
class Lexicon:
    """The names known. ``hidden`` ids are left out: to measure what becomes of names nobody listed."""

    hidden: Collection[str] = ()
    names: dict[str, FirstName] = field(default_factory=dict)
    # skeleton → id → how surely it is this name
    known: dict[str, dict[str, float]] = field(default_factory=dict)
    # the same by sounds
    sounds: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for gender, lines in (("m", MEN), ("f", WOMEN)):
            for line in lines.split("\n"):
                words = line.split()
                if words and words[0] not in self.hidden:
                    self._add(gender, words)
        for table in (self.known, self.sounds):
            for form, found in table.items():
                # Аля is Аліна, but its skeleton is that of Алла, and that is a name of its own
                if max(found.values()) == 1.0:
                    table[form] = {key: weight for key, weight in found.items() if weight != PET}
        self.near_to = [sounds for sounds in self.sounds if len(sounds) >= 4]

    def _add(self, gender: str, words: list[str]) -> None:
        key, letters = words[0] + gender, ""
        for form, weight in _weighed(words):
            if weight >= 1.0:
                letters += "".join(c for c in first_letters(form)[:1] if c not in letters)
            for table, way in ((self.known, skeleton(form)), (self.sounds, sounds_of(form))):
                there = table.setdefault(way, {})
                there[key] = max(there.get(key, 0.0), weight)
        self.names[key] = FirstName(key, gender, letters)

    def find(self, word: str) -> dict[str, float]:
        """The names that a word is, and how surely each, 0..1: by its sounds, else by its skeleton."""
        word = word.casefold()
        return self.sounds.get(sounds_of(word)) or self.known.get(skeleton(word)) or {}

    def near(self, word: str) -> dict[str, float]:
        """The names one typing error away from a word; nothing when they are many."""
        return _near(self, sounds_of(word.casefold()))

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def _weighed(words: list[str]) -> Iterator[tuple[str, float]]:
    weight = 1.0
    for word in words:
        if word == "|":
            weight = PET
        else:
            yield word.strip("~"), PERHAPS if "~" in word else weight


@lru_cache(maxsize=50_000)
def _near(lexicon: Lexicon, sounds: str) -> dict[str, float]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(sounds) < 3:
        return {}
    found: dict[str, float] = {}
    near = process.extract(sounds, lexicon.near_to, scorer=OSA.distance, score_cutoff=1, limit=None)
    for word, _distance, _place in near:
        for key, weight in lexicon.sounds[word].items():
            found[key] = max(found.get(key, 0.0), weight)
    return found if len(found) <= 6 else {}


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The whole lexicon, made once."""
    return Lexicon()
