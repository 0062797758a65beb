"""The key of a new role, made of its name."""

from __future__ import annotations

import re

from models.access import KEY_LENGTH

# a key is for people too: it stands in the journal and in the API
_LATIN = dict(
    zip(
        "абвгґдеєёжзиіїйклмнопрстуфхцчшщыэюя",
        [
            "a",
            "b",
            "v",
            "h",
            "g",
            "d",
            "e",
            "ie",
            "e",
            "zh",
            "z",
            "y",
            "i",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "y",
            "e",
            "iu",
            "ia",
        ],
        strict=True,
    )
)


def key_of(name: str, taken: set[str]) -> str:
    """``stazhyst`` for «Стажист»: Latin letters, digits and underlines; none that is taken."""
    latin = "".join(_LATIN.get(letter, letter) for letter in name.casefold())
    base = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[: KEY_LENGTH - 3] or "role"
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
