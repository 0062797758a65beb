"""Names, keyboard layouts and telephone numbers reduced to what can be compared."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = "'’ʼ`´‘′‵ʹʻ＇\"“”ьъ"
# Each Cyrillic letter becomes what its Latin spelling becomes letter by letter (kh → k, h→g), so that
# the beginning of a name always folds into the beginning of the folded name.
_LETTERS = dict(
    zip("абвгґдеєэзиіыйклмнопрстуфhyjwq", "abvggdeeeziiiiklmnoprstufgiivk", strict=True)
) | {
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

_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`\\" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~|'
_UK = "йцукенгшщзхїфівапролджєячсмитьбю'ґ" + "ЙЦУКЕНГШЩЗХЇФІВАПРОЛДЖЄЯЧСМИТЬБЮ'Ґ"
_RU = "йцукенгшщзхъфывапролджэячсмитьбюё\\" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ|"
_TO_UK = str.maketrans(_QWERTY, _UK)
_TO_RU = str.maketrans(_QWERTY, _RU)
_TO_QWERTY = str.maketrans(_RU + _UK, _QWERTY * 2)
_EXTENSION = re.compile(r"(?i)(?:вн(?:утр)?|доб|ext)\b\.?|#")


def _fold_word(word: str) -> str:
    if _CYRILLIC.search(word) and _LATIN.search(word):
        if _OWN_CYRILLIC.search(word) or not _OWN_LATIN.search(word):
            word = word.translate(_TO_CYRILLIC)
        else:
            word = word.translate(_TO_LATIN)
    if word[:2] in {"ye", "je"}:
        word = word[1:]
    return _REPEATED.sub(r"\1", word.translate(_FOLD))


def fold_words(text: str) -> list[str]:
    """The words of ``text`` as one coarse Latin skeleton of Ukrainian, Russian and Latin spelling.

    ``Сергій``, ``Сергей-`` and ``Serhiy`` meet; anything but letters and digits splits words.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_DROP).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).translate(_DROP)
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return [folded for word in words if (folded := _fold_word(word))]


_DROP = str.maketrans("", "", _APOSTROPHES + _APOSTROPHES.upper())


def fold(text: str) -> str:
    """:func:`fold_words` joined by spaces. Idempotent; a beginning folds into a beginning."""
    return " ".join(fold_words(text))


def swap_layout(text: str, layout: str = "uk") -> str:
    """What was meant with the keyboard in the wrong layout: QWERTY ↔ ЙЦУКЕН (``uk`` or ``ru``)."""
    if _CYRILLIC.search(text.lower()):
        return text.translate(_TO_QWERTY)
    return text.translate(_TO_UK if layout == "uk" else _TO_RU)


def readings(text: str) -> list[list[str]]:
    """The folded words of ``text`` as typed and in the other layouts, each reading once."""
    found: list[list[str]] = []
    for variant in (text, swap_layout(text, "uk"), swap_layout(text, "ru")):
        words = fold_words(variant)
        if words and words not in found:
            found.append(words)
    return found


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
