"""The text of a file whose encoding nobody wrote down."""

from __future__ import annotations

import codecs
from itertools import pairwise

from flask_babel import gettext as _

from app.errors import Invalid

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("windows-1251", "koi8-u")
_SMALL = frozenset("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёыэъ'’ʼ")


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the name of its encoding: the given one, else found out.

    A byte order mark decides; then UTF-16 without one, UTF-8, and of windows-1251 and KOI8-U the one
    that reads like words. Raises Invalid when nothing fits.
    """
    for name in [encoding] if encoding else _candidates(data):
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise Invalid(_("There is no encoding named %(name)s.", name=name)) from None
    raise Invalid(_("The text cannot be read: give its encoding, for example --encoding windows-1251."))


def _candidates(data: bytes) -> list[str]:
    marked = [name for mark, name in _MARKS if data.startswith(mark)]
    if marked:
        return marked
    for name, high in (("utf-16-le", data[1:4096:2]), ("utf-16-be", data[0:4096:2])):
        # of Latin and Cyrillic letters in two bytes one is the alphabet's number
        if high and sum(byte in (0, 4) for byte in high) > len(high) * 0.8:
            return [name]
    return ["utf-8", *sorted(_GUESSES, key=lambda name: -_likeness(data, name))]


def _likeness(data: bytes, name: str) -> int:
    """How often a small letter follows a letter less how often a capital does: words read aBC nowhere."""
    text = data[:65536].decode(name, errors="replace")
    score = 0
    for before, letter in pairwise(text):
        if before.isalpha() and before.lower() in _SMALL and letter.isalpha():
            if letter in _SMALL:
                score += 1
            elif before in _SMALL:
                score -= 2
    return score
