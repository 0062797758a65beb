"""Patronymics and the fathers they name: Олександрович, Александровна, Oleksandrivna are of one father."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from import_tools.names.lexicon import Lexicon

# on skeletons; -ич and -инична are of a few names: Лукич, Ильинична
_ENDING = re.compile("^(.+)[oei]v(?:iч|na)$")
_SHORT = re.compile("^(.{2,}?)(?:iniч[nш]a|iniчna|iч|iчna|iшna)$")
_ENDINGS = ("oviч", "eviч", "ivna", "ovna", "evna")
# of fathers whose stem changes
_STEMS = {
    "lv": "лев",
    "йakovl": "яків",
    "il": "ілля",
    "йak": "яків",
    "йakiv": "яків",
    "nikol": "микола",
    "mikol": "микола",
}


class Patronymic(NamedTuple):
    """The fathers a patronymic may name (id → how surely), its stem, and the gender of the person."""

    fathers: dict[str, float]
    stem: str
    gender: str


def _bare(stem: str) -> str:
    return stem.rstrip("aeio") or stem


@lru_cache(maxsize=8)
def _fathers(lexicon: Lexicon) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for bones, names in lexicon.known.items():
        for key, weight in names.items():
            if lexicon.names[key].gender == "m" and weight != 0.9:
                there = found.setdefault(_bare(bones), {})
                there[key] = max(there.get(key, 0.0), weight)
    for stem, name in _STEMS.items():
        if name + "m" in lexicon.names:
            found[stem] = {name + "m": 1.0}
    return found


@lru_cache(maxsize=50_000)
def read_patronymic(bones: str, lexicon: Lexicon) -> Patronymic | None:
    """What the skeleton of a word tells as a patronymic; None: it has not the form of one."""
    fathers = _fathers(lexicon)
    options = []
    for pattern in (_ENDING, _SHORT):
        found = pattern.match(bones)
        if found:
            options.append((_bare(found.group(1)), "f" if bones.endswith("a") else "m"))
    for stem, gender in options:
        if stem in fathers:
            return Patronymic(fathers[stem], stem, gender)
    return Patronymic({}, *options[0]) if options else None


@lru_cache(maxsize=50_000)
def near_fathers(bones: str, lexicon: Lexicon) -> dict[str, float]:
    """The fathers of patronymics one typing error away from the skeleton of a word."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(bones) < 6:
        return {}
    whole = _whole(lexicon)
    found: dict[str, float] = {}
    for word, _distance, _place in process.extract(
        bones, list(whole), scorer=OSA.distance, score_cutoff=1, limit=None
    ):
        found |= whole[word]
    return found if len(found) <= 4 else {}


@lru_cache(maxsize=8)
def _whole(lexicon: Lexicon) -> dict[str, dict[str, float]]:
    """All patronymics that are made regularly."""
    return {stem + ending: names for stem, names in _fathers(lexicon).items() for ending in _ENDINGS}
