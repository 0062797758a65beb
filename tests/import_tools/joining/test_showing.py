"""What is shown of a join: evidence in words, the letters that differ, people who are there twice."""

from __future__ import annotations

from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from import_tools.joining import PersonRecord, differences, explain, find_twins
from import_tools.joining import evidence as codes


def test_evidence_is_told_in_words(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        told = explain(["surname-same", "first-initial", "patronymic-missing", "namesakes-2", "unheard-of"])
        assert told == (
            "same surname, the first name's initial fits, no patronymic to compare, 2 such people"
        )


def test_every_kind_of_evidence_has_words(app: Flask) -> None:
    kinds = [*codes.SURNAME, *codes.FIRST, *codes.PATRONYMIC, *codes.UNIT[1:], codes.SHARED_NAME]
    kinds += [codes.NO_FIRST_NAME, codes.GENDER, codes.PHONE, codes.ROOM, codes.TAKEN, codes.NOT_A_PERSON]
    with app.test_request_context():
        assert all(explain([kind]) for kind in kinds)
        assert len({explain([kind]) for kind in kinds}) == len(kinds)


def test_the_letters_that_differ_are_marked_word_by_word() -> None:
    left, right = differences("Нестеренко Юрій", "Юрій Нестеренок")
    assert left == [("Нестерен", False), ("ко", True), (" Юрій", False)] or (
        "".join(text for text, differs in left if not differs).startswith("Нестерен")
    )
    assert not any(differs for text, differs in left if "Юрій" in text)
    assert any(differs for _text, differs in right)


def test_case_blanks_and_apostrophes_are_no_difference() -> None:
    left, right = differences("ДЕМ'ЯНЕНКО  Іван", "Іван Дем’яненко")
    assert not any(differs for _text, differs in left + right)


def test_a_word_without_a_partner_differs_whole() -> None:
    left, right = differences("Коваль Іван Петрович", "Коваль Іван")
    assert left == [("Коваль Іван ", False), ("Петрович", True)]
    assert right == [("Коваль Іван", False)]


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_pieces_are_the_text(left: str, right: str) -> None:
    for text, pieces in zip((left, right), differences(left, right), strict=True):
        assert "".join(piece for piece, _differs in pieces) == text


def _crowd() -> list[PersonRecord]:
    names = ["Мазур Алла Юріївна", "Жук Зоя Романівна", "Швець Остап Ігорович", "Бойко Тарас Андрійович"]
    return [PersonRecord(f"c{number}", name) for number, name in enumerate(names)]


def test_one_person_in_two_spellings_is_found_twice() -> None:
    people = [
        PersonRecord("a", "Гончаренко Катерина Сергіївна", login="k.honcharenko", phones=("234-56-78",)),
        PersonRecord("b", "Гончаренко Екатерина Сергеевна", phones=("2345678",)),
        *_crowd(),
    ]
    ((one, other, chance, evidence),) = find_twins(people)
    assert {one, other} == {"a", "b"}
    assert chance > 0.7
    assert {"patronymic-same", "phone-same"} <= set(evidence)


def test_namesakes_with_other_patronymics_are_no_twins() -> None:
    people = [PersonRecord("a", "Коваль Іван Петрович"), PersonRecord("b", "Коваль Іван Олегович"), *_crowd()]
    assert find_twins(people) == []


def test_two_logins_make_twins_less_likely() -> None:
    def chance(second: str) -> float:
        people = [
            PersonRecord("a", "Коваль Іван Петрович", login="i.koval"),
            PersonRecord("b", "Коваль Иван Петрович", login=second),
            *_crowd(),
        ]
        return next((twins[2] for twins in find_twins(people)), 0.0)

    assert chance("i.koval2") < chance("")
