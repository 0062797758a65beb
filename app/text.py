"""Names, keyboard layouts and telephone numbers reduced to what can be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

_APOSTROPHES = "'’ʼ`´‘′‵ʹʻ＇\"“”ьъ"
# Each Cyrillic letter becomes what its Latin spelling becomes letter by letter (kh → k, h→g), so that
# the beginning of a name always folds into the beginning of the folded name.
_LETTERS = dict(zip("абвгґдеєэзиіыйклмнопрстуфhyjwq", "abvggdeeeziiiiklmnoprstufgiivk", strict=True)) | {
    "ж": "zg",
    "х": "kg",
    "ц": "ts",
    "ч": "cg",
    "ш": "sg",
    "щ": "sgcg",
    "ю": "iu",
    "я": "ia",
    "x": "ks",
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "æ": "ae",
}
_FOLD = str.maketrans(_LETTERS)
_LATIN_TWINS = "aceiopxykmtbh"
_CYRILLIC_TWINS = "асеіорхукмтвн"
_TO_CYRILLIC = str.maketrans(_LATIN_TWINS, _CYRILLIC_TWINS)
_TO_LATIN = str.maketrans(_CYRILLIC_TWINS, _LATIN_TWINS)
_CYRILLIC = re.compile(r"[а-яґєії]")
_OWN_CYRILLIC = re.compile(rf"(?![{_CYRILLIC_TWINS}])[а-яґєії]")
_LATIN = re.compile(r"[a-z]")
_OWN_LATIN = re.compile(rf"(?![{_LATIN_TWINS}])[a-z]")
_REPEATED = re.compile(r"([a-z])\1+")
_DROP = str.maketrans("", "", _APOSTROPHES)
# What people write in more than one way; the first is the usual one.
_CHOICES = {
    "ьо": ("е", "о", "йо"),
    "йо": ("йо", "е"),
    "ё": ("е", "йо"),
    **{f"{letter}o": (f"{letter}o", "e") for letter in "yji"},
    **{f"{letter}e": (f"{letter}e", "e") for letter in "yji"},
}
_AMBIGUOUS = re.compile("(" + "|".join(_CHOICES) + ")")
MOST_SPELLINGS = 6
MOST_READINGS = 8

_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`\\" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~|'
_UK = "йцукенгшщзхїфівапролджєячсмитьбю'ґ" + "ЙЦУКЕНГШЩЗХЇФІВАПРОЛДЖЄЯЧСМИТЬБЮ'Ґ"
_RU = "йцукенгшщзхъфывапролджэячсмитьбюё\\" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ|"
_TO_UK = str.maketrans(_QWERTY, _UK)
_TO_RU = str.maketrans(_QWERTY, _RU)
_TO_QWERTY = str.maketrans(_RU + _UK, _QWERTY * 2)
_EXTENSION = re.compile(r"(?i)(?:вн(?:утр)?|доб|ext)\b\.?|#")
_CALLED = re.compile(r"(?i)\b(?:вн(?:утр)?|доб|тел|моб|ext|tel|phone)\b")


def _letters(word: str) -> str:
    """The letters of one word one by one; look-alikes of the other alphabet go with their neighbours."""
    if _CYRILLIC.search(word) and _LATIN.search(word):
        if _OWN_CYRILLIC.search(word) or not _OWN_LATIN.search(word):
            word = word.translate(_TO_CYRILLIC)
        else:
            word = word.translate(_TO_LATIN)
    folded = _REPEATED.sub(r"\1", word.translate(_FOLD))
    # Yevhen, Jevhen, Ievhen are Євген and Евгений
    return folded[1:] if folded.startswith("ie") else folded


@lru_cache(maxsize=20_000)
def _spellings(word: str) -> tuple[str, ...]:
    parts = _AMBIGUOUS.split(word)
    choices: list[Iterable[str]] = [_CHOICES.get(part) or (part,) for part in parts]
    plain = (_plain("".join(way)) for way in islice(product(*choices), MOST_SPELLINGS))
    folded = (_letters("".join(c for c in text if c.isalnum())) for text in plain)
    return tuple(dict.fromkeys(text for text in folded if text))


def _plain(text: str) -> str:
    """Without accents and apostrophes of any kind."""
    bare = unicodedata.normalize("NFKD", text.translate(_DROP))
    return "".join(c for c in bare if not unicodedata.combining(c)).translate(_DROP)


def spellings(text: str) -> list[tuple[str, ...]]:
    """For each word of ``text`` its folded spellings, the usual one first.

    ``Ковальов`` gives kovalev, kovalov and kovaliov, so that ``Ковалев`` and ``Kovalyov`` meet it.
    Anything but letters, digits and apostrophes splits words.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    # apostrophes, soft signs and loose accents hold a word together
    kept = (c if c.isalnum() or c in _APOSTROPHES or unicodedata.combining(c) else " " for c in plain)
    return [found for word in "".join(kept).split() if (found := _spellings(word))]


def fold_words(text: str) -> list[str]:
    """The words of ``text`` as one coarse Latin skeleton of Ukrainian, Russian and Latin spelling.

    ``Сергій``, ``Сергей`` and ``Serhiy`` meet at their beginning. The beginning of a word folds into
    the beginning of the folded word, so that a name is found while it is being typed.
    """
    return [found[0] for found in spellings(text)]


def fold(text: str) -> str:
    """:func:`fold_words` joined by spaces."""
    return " ".join(fold_words(text))


def swap_layout(text: str, layout: str = "uk") -> str:
    """What was meant with the keyboard in the wrong layout: QWERTY ↔ ЙЦУКЕН (``uk`` or ``ru``)."""
    if _CYRILLIC.search(text.lower()):
        return text.translate(_TO_QWERTY)
    return text.translate(_TO_UK if layout == "uk" else _TO_RU)


@dataclass(frozen=True)
class Reading:
    """One way to understand what was typed: its folded words, and whether in another layout."""

    words: tuple[str, ...]
    is_guess: bool

    @property
    def longest(self) -> str:
        """The longest of the words."""
        return max(self.words, key=len)


def readings(text: str) -> list[list[str]]:
    """The folded words of ``text`` as typed, in other spellings and in the other layouts, each once."""
    return [list(reading.words) for reading in understand(text)]


def understand(text: str) -> list[Reading]:
    """:func:`readings` that know whether they were typed so or are in another layout."""
    found: dict[tuple[str, ...], bool] = {}
    for variant in (text, swap_layout(text, "uk"), swap_layout(text, "ru")):
        words = spellings(variant)
        for reading in islice(product(*words), MOST_SPELLINGS) if words else ():
            found.setdefault(reading, variant is not text)
    return [Reading(words, is_guess) for words, is_guess in islice(found.items(), MOST_READINGS)]


def is_phone(text: str) -> bool:
    """Whether somebody typed a telephone number: digits, and no letters but of ``вн.`` or ``tel``."""
    return not any(c.isalpha() for c in _CALLED.sub(" ", text)) and bool(phone_digits(text))


def phone_digits(text: str) -> str:
    """A number's digits without the trunk prefixes of Ukraine and Russia: ``2-34`` → ``234``.

    An extension behind a full number is left out; a number that is only an extension is kept.
    """
    parts = _EXTENSION.split(text)
    digits = next((d for part in parts if (d := "".join(c for c in part if c in "0123456789"))), "")
    if len(digits) > 11 and digits.startswith("00"):
        digits = digits[2:]
    if len(digits) == 12 and digits.startswith("380"):
        return digits[2:]
    if len(digits) == 11 and digits[0] in "78":
        return digits[1:]
    return digits


def is_storable(text: str) -> bool:
    """Without NUL and without halves of surrogate pairs: neither database takes them."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


LONGEST_CELL = 32_767
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def plain_cell(text: str) -> str:
    """A text for a cell of a .csv that no spreadsheet takes for a formula (traps.md M16).

    An apostrophe stands before what could be one. Without control characters; cut, with a mark, where a
    cell ends.
    """
    looks = bool(_FORMULA.match(text)) or text[:1] in "\t\r\n"
    clean = "".join(c for c in text if c == "\n" or (is_storable(c) and c.isprintable()))
    clean = f"'{clean}" if looks and clean else clean
    return clean if len(clean) <= LONGEST_CELL else clean[: LONGEST_CELL - 1] + "…"
