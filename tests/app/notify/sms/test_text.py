"""Parts of short messages (3GPP TS 23.038 and 23.040), and how long texts are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notify.sms.numbers import mobile_number
from app.notify.sms.text import Alphabet, alphabet_of, cut, parts_of

PARTS = [
    ("", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("€" * 80, 1),  # an escaped letter takes two
    ("€" * 81, 2),
    ("я" * 70, 1),
    ("я" * 71, 2),
    ("я" * 134, 2),
    ("я" * 135, 3),
    ("a" * 69 + "ї", 1),  # one Cyrillic letter makes the whole text Cyrillic
    ("a" * 70 + "ї", 2),
    ("😀" * 35, 1),
    ("😀" * 36, 2),
    ("😀" * 66, 2),  # 33 whole ones a part: none is torn apart
    ("😀" * 67, 3),
    ("a" * 152 + "€" + "a" * 10, 2),
]


@pytest.mark.parametrize(("text", "parts"), PARTS)
def test_parts_are_counted_as_operators_bill_them(text: str, parts: int) -> None:
    assert parts_of(text) == parts


def test_alphabet_is_cyrillic_for_ours() -> None:
    assert alphabet_of("Printer @ 5 {room}") is Alphabet.GSM7
    assert alphabet_of("Принтер") is Alphabet.UCS2


@given(st.text(max_size=400), st.integers(1, 4))
def test_cut_text_never_takes_more_parts_than_allowed(text: str, most: int) -> None:
    assert parts_of(cut(text, most)) <= most


def test_long_text_is_cut_at_a_word_with_a_mark() -> None:
    text = "Не друкує принтер у бухгалтерії, " * 10
    shorter = cut(text, 2)
    assert shorter.endswith("…")
    assert text.startswith(shorter[:-1])
    assert text[len(shorter) - 1] in " ,"


def test_short_text_is_left_alone() -> None:
    assert cut("Заявка 12", 1) == "Заявка 12"


NUMBERS = [
    ("067 123-45-67", "+380671234567"),
    ("+38 (050) 123 45 67", "+380501234567"),
    ("80671234567", ""),
    ("044 123-45-67", ""),  # a telephone on a wall
    ("12-34", ""),
    ("", ""),
    ("no phone", ""),
    ("+7 912 345-67-89", "+79123456789"),
]


@pytest.mark.parametrize(("typed", "number"), NUMBERS)
def test_mobile_numbers_are_made_international(typed: str, number: str) -> None:
    assert mobile_number(typed, "UA") == number
