"""A surname as it is compared: the stem that both genders and all three alphabets share, and the gender it
shows.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from import_tools.names.letters import rough, skeleton, sounds_of

_ADJECTIVE = re.compile("([sцз]k|чn|[^aeiou]n)(i|a)$")
_OV = re.compile("^(.{2,})[oe]v(a?)$")
# endings by which a word is more probably a surname than anything else
_TYPICAL = re.compile("(enk|чuk|[^aeiou]uk|[dlnrt]ak|sk|цk|ov|[^i]ev|in|ik|eц|iv|an|er)$")


class Surname(NamedTuple):
    """One part of a surname: its key, its sounds, the gender its ending tells or ``""``."""

    key: str
    sounds: str
    gender: str


@lru_cache(maxsize=50_000)
def read_surname(word: str) -> Surname:
    """The surname that a tidy word without hyphens is."""
    bones = skeleton(word)
    stem, gender = _stem(bones)
    return Surname(rough(stem) or bones, sounds_of(word.casefold()), gender)


def _stem(bones: str) -> tuple[str, str]:
    found = _OV.match(bones)
    if found and len(bones) >= 5:
        return found.group(1) + "ov", "f" if found.group(2) else "m"
    found = _ADJECTIVE.search(bones)
    if found and len(bones) >= 5:
        is_clear = found.group(2) == "i" or found.group(1) in ("sk", "цk", "зk")
        gender = ("m" if found.group(2) == "i" else "f") if is_clear else ""
        return bones[:-1], gender
    if len(bones) >= 4 and bones[-1] in "ai":
        return bones[:-2] if bones.endswith("oi") else bones[:-1], ""
    return bones, ""


@lru_cache(maxsize=50_000)
def looks_like_surname(word: str) -> bool:
    """Whether the ending is one that surnames have and first names have not."""
    bones = skeleton(word)
    return len(bones) >= 5 and bool(_TYPICAL.search(_stem(bones)[0].removesuffix("o")))
