"""The made-up lists' own spelling: Latin letters by several systems, feminine surnames, what hands do wrong."""

from __future__ import annotations

import random

_KMU = {
    **dict(zip("абвгґдезийіїклмнопрстуфь'", ["a", "b", "v", "h", "g", "d", "e", "z", "y", "i", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f"] + ["", ""], strict=True)),
    "є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia",
    "ё": "io", "ы": "y", "э": "e", "ъ": "",
}  # fmt: skip
_KMU_START = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_OLDER = _KMU | {"й": "y", "ї": "yi", "є": "ye", "ю": "yu", "я": "ya", "г": "g", "х": "h", "и": "i"}
_RUSSIAN = _KMU | {"и": "i", "й": "y", "г": "g", "ю": "yu", "я": "ya", "ё": "yo", "е": "e", "щ": "sch"}
_SHAPES = "’ʼ`´‘"
_LOOKS = {"а": "a", "о": "o", "с": "c", "е": "e", "р": "p", "х": "x", "і": "i", "у": "y", "І": "I", "О": "O", "С": "C", "А": "A", "К": "K", "М": "M", "Н": "H", "В": "B", "Т": "T", "Е": "E", "Р": "P"}  # fmt: skip
_ALPHABET = "абвгдежзиіклмнопрстуфхцчшюя"


def latin(text: str, system: str = "kmu") -> str:
    """A Cyrillic word in Latin letters: ``kmu`` (passports of today), ``older``, ``russian``."""
    table = {"kmu": _KMU, "older": _OLDER, "russian": _RUSSIAN}[system]
    found, start = "", True
    for c in text:
        low = c.lower()
        if system == "kmu" and low == "г" and found.lower().endswith("z"):
            sign = "gh"
        else:
            sign = (_KMU_START if start and system == "kmu" else {}).get(low, table.get(low, c))
        found += sign.capitalize() if c != low else sign
        start = c in "'- ’"
    return found


def feminine(surname: str) -> str:
    """How a woman of the family is called."""
    for ending, hers in (
        ("ський", "ська"), ("цький", "цька"), ("ский", "ская"), ("цкий", "цкая"), ("ній", "ня"), ("ний", "на"), ("ный", "ная"),
        ("лий", "ла"), ("лый", "лая"), ("вий", "ва"), ("вой", "вая"), ("ов", "ова"), ("ёв", "ёва"), ("ев", "ева"), ("єв", "єва"),
        ("їн", "їна"), ("ін", "іна"), ("ин", "ина"),
    ):  # fmt: skip
        if surname.endswith(ending) and surname not in ("Литвин",):
            return surname[: -len(ending)] + hers
    return surname


def mistype(word: str, dice: random.Random) -> str:
    """One typing error: a letter lost, doubled, changed, put in, or two exchanged; never the first one."""
    if len(word) < 5:
        return word
    place = dice.randrange(1, len(word) - 1)
    kind = dice.choice(("lost", "twice", "swapped", "lost", "twice", "swapped", "changed", "added"))
    if kind == "lost":
        return word[:place] + word[place + 1 :]
    if kind == "twice":
        return word[:place] + word[place] + word[place:]
    if kind == "swapped":
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    letter = dice.choice(_ALPHABET)
    return word[:place] + letter + word[place + (kind == "changed") :]


def look_alike(text: str, dice: random.Random) -> str:
    """Some letters exchanged for Latin ones that look the same."""
    letters = dice.sample(sorted(_LOOKS), 6)
    return "".join(_LOOKS[c] if c in letters else c for c in text)


def other_apostrophe(text: str, dice: random.Random) -> str:
    """Another sign for the apostrophe, or none."""
    return text.replace("'", dice.choice((*_SHAPES, "", "ь", '"', "*")[:-1]))
