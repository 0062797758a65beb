"""What a short message can hold: its alphabet, how many parts it is billed as, and how it is cut.

3GPP TS 23.038 (the 7-bit alphabet) and TS 23.040 (parts): a text of that alphabet has 160 characters, in
several parts 153 each; any other is UCS-2, 70 and 67 units of two bytes. Cyrillic is always UCS-2.
"""

from __future__ import annotations

from enum import StrEnum

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = "^{}\\[~]|€\f"  # two characters each
MARK = "…"
SAFE_MARK = "..."


class Alphabet(StrEnum):
    """The alphabet that a text needs."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_SINGLE = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
_CONCATENATED = {Alphabet.GSM7: 153, Alphabet.UCS2: 67}


def alphabet_of(text: str) -> Alphabet:
    """The cheapest alphabet that can write this text."""
    known = all(letter in _BASIC or letter in _ESCAPED for letter in text)
    return Alphabet.GSM7 if known else Alphabet.UCS2


def _units(letter: str, alphabet: Alphabet) -> int:
    """How many of the alphabet's units a letter takes: an escaped one, or one beyond the BMP, takes two."""
    if alphabet is Alphabet.GSM7:
        return 2 if letter in _ESCAPED else 1
    return 2 if ord(letter) > 0xFFFF else 1


def parts_of(text: str) -> int:
    """How many short messages the text is billed as (an empty one is one)."""
    alphabet = alphabet_of(text)
    units = [_units(letter, alphabet) for letter in text]
    if sum(units) <= _SINGLE[alphabet]:
        return 1
    room, parts, used = _CONCATENATED[alphabet], 1, 0
    for unit in units:
        if used + unit > room:  # a letter of two units is not torn apart
            parts, used = parts + 1, 0
        used += unit
    return parts


def cut(text: str, most_parts: int) -> str:
    """The text, cut at a word with a mark if it would take more than ``most_parts`` (at least one)."""
    text = " ".join(text.split())
    most_parts = max(most_parts, 1)
    if parts_of(text) <= most_parts:
        return text
    mark = SAFE_MARK if alphabet_of(text) is Alphabet.GSM7 else MARK
    least, most = 0, len(text)
    while least < most:  # the longest beginning that fits with its mark
        middle = (least + most + 1) // 2
        if parts_of(text[:middle] + mark) <= most_parts:
            least = middle
        else:
            most = middle - 1
    beginning = text[:least]
    if text[least : least + 1].strip():
        word = beginning.rfind(" ")
        if word > least * 2 // 3:  # a long word is cut rather than much of the text
            beginning = beginning[:word]
    return beginning.rstrip(" ,.;:-–—") + mark
