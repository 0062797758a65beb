"""Folding of names, keyboard layouts, phone digits."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.text import fold, fold_words, is_phone, phone_digits, readings, spellings, swap_layout, understand

UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'"
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
cyrillic_names = st.text(UKRAINIAN, min_size=1, max_size=15) | st.text(RUSSIAN, min_size=1, max_size=15)


def _meet(one: str, other: str) -> bool:
    """Whether the two words have a spelling in common."""
    return bool(set(spellings(one)[0]) & set(spellings(other)[0]))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Ковальов", "kovalyov"),
        ("Ковальов", "ковалев"),
        ("Ковальов", "Ковалёв"),
        ("Ковальов", "Kovalov"),
        ("Ковалев", "kovalyov"),
        ("Соловйов", "Соловьёв"),
        ("Соловьёв", "Solovyev"),
        ("Євген", "Yevhen"),
        ("Євген", "Ievgen"),
        ("Євген", "Jevhen"),
        ("Йосип", "Yosyp"),
        ("В'ячеслав", "Вячеслав"),
        ("В’ячеслав", "Viacheslav"),
        ("Щербина", "Shcherbyna"),
        ("Хмельницький", "Khmelnytskyi"),
        ("Хмельницкий", "Хмельницький"),
        ("Юрій", "Юрий"),
        ("Юрій", "Yurii"),
        ("Сергєєв", "Сергеев"),
        ("Сергеев", "Sergeyev"),
        ("Родіонов", "Rodionov"),
        ("Ґалаґан", "галаган"),
        ("Анна", "Ана"),
    ],
)
def test_spellings_of_one_name_meet(written: str, typed: str) -> None:
    assert _meet(written, typed)
    assert _meet(typed, written)


@pytest.mark.parametrize(("one", "other"), [("Іван", "Іванна"), ("Олена", "Олег"), ("Коваль", "Ковальов")])
def test_different_names_do_not_meet(one: str, other: str) -> None:
    assert not _meet(one, other)


def test_look_alike_latin_letters_inside_a_cyrillic_word_are_cyrillic() -> None:
    assert fold("Іваненкo") == fold("Іваненко")
    assert fold("Pябeць") == fold("Рябець")


def test_a_hyphen_splits_and_an_apostrophe_does_not() -> None:
    assert fold_words("Нечуй-Левицький") == fold_words("Нечуй Левицький")
    assert len(fold_words("Дем'яненко")) == 1


@given(cyrillic_names, st.integers(1, 15))
def test_the_beginning_of_a_name_folds_into_a_beginning(name: str, length: int) -> None:
    whole, start = fold(name), fold(name[:length])
    # a leading Є may be written Ie, so that its i alone is the one beginning that is lost
    assume(start != "i")
    assert whole.startswith(start)


@given(st.text(max_size=40))
def test_whatever_is_typed_folds_into_letters_and_digits_and_stays_so(text: str) -> None:
    folded = fold(text)
    assert all(c.isalnum() or c == " " for c in folded)
    for reading in readings(text):
        assert all(reading)


@given(cyrillic_names | st.text("abcdefghijklmnopqrstuvwxyz", max_size=12))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(UKRAINIAN + "'", max_size=20).filter(lambda text: any(c in "абвгдежзик" for c in text)))
def test_the_layouts_are_each_others_reverse(text: str) -> None:
    assert swap_layout(swap_layout(text)) == text


def test_a_name_typed_in_the_wrong_layout_is_understood() -> None:
    assert fold_words("Іваненко") in readings("Sdfytyrj")
    assert fold_words("Объедков") in readings("J,]tlrjd")
    assert fold_words("i.osypenko") in readings("ш.щынзутлщ")


def test_what_was_typed_is_no_guess_and_other_layouts_are() -> None:
    found = {reading.words: reading.is_guess for reading in understand("Sdfytyrj")}
    assert found[("sdfitiri",)] is False
    assert found[("ivanenko",)] is True


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("2-34", "234"),
        ("234", "234"),
        ("вн. 2-34", "234"),
        ("(044) 239-02-34", "0442390234"),
        ("+38 044 239 02 34", "0442390234"),
        ("0038 (044) 239-02-34", "0442390234"),
        ("8 044 239 02 34", "0442390234"),
        ("+7 495 239-02-34", "4952390234"),
        ("239-02-34 вн. 12", "2390234"),
        ("немає", ""),
    ],
)
def test_a_number_is_reduced_to_its_digits(typed: str, digits: str) -> None:
    assert phone_digits(typed) == digits


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2-34", True),
        ("вн. 2-34", True),
        ("тел. 239", True),
        ("іван", False),
        ("i.osypenko2", False),
        ("", False),
    ],
)
def test_a_number_is_told_from_a_name(typed: str, expected: bool) -> None:
    assert is_phone(typed) is expected
