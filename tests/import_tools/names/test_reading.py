"""Names as people type them: every spelling of one person is read as the same person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_tools.names import is_person, parse_name
from import_tools.names.letters import tidy

FULL = "Дем'яненко Олександр Григорович"


def _same(one: str, other: str) -> bool:
    return parse_name(one).key == parse_name(other).key


@pytest.mark.parametrize(
    "written",
    [
        "Олександр Григорович Дем'яненко",
        "Демьяненко Александр Григорьевич",
        "Demyanenko Oleksandr Hryhorovych",
        "Demianenko Oleksandr Hryhorovych",
        "Oleksandr Hryhorovych Demianenko",
        "Demyanenko Aleksandr Grigorevich",
        "ДЕМ'ЯНЕНКО Олександр Григорович",
        "дем'яненко олександр григорович",
        "ДЕМ'ЯНЕНКО ОЛЕКСАНДР ГРИГОРОВИЧ",
        "Дем’яненко Олександр Григорович",
        "Демʼяненко Олександр Григорович",
        "Дем`яненко Олександр Григорович",
        "Дем´яненко Олександр Григорович",
        "Дем‘яненко Олександр Григорович",
        'Дем"яненко Олександр Григорович',
        "Демяненко Олександр Григорович",
        " Дем'яненко\xa0Олександр   Григорович ",
        "Дем'я\u00adненко Олек\u200bсандр Григорович",
        "Дeм'янeнкo Oлeкcaндp Гpигopoвич",
        "Дем'яненко 0лександр Григ0рович",
        "к.т.н. Дем'яненко Олександр Григорович",
        "Дем'яненко Олександр Григорович, к.ф.-м.н., доц.",
        "проф. д-р Дем'яненко Олександр Григорович",
        "PhD Дем'яненко Олександр Григорович",
        "зав. каф. Дем'яненко Олександр Григорович",
        "в.о. Дем'яненко Олександр Григорович",
        "Дем'яненко Олександр Григорович (декрет)",
        "Дем'яненко Олександр Григорович - нач. відділу",
        "Дем'яненко, Олександр Григорович",
        "Дем'яненко Олекса\u0301ндр Григорович",
        "Дем'яненко Олексадр Григорович",
        "Дем'яненко Олександр Григоровч",
    ],
)
def test_spellings_of_a_full_name_are_one_person(written: str) -> None:
    assert is_person(written)
    assert _same(written, FULL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Наталія Швець", "Наталья Швец"),
        ("Наталія Швець", "Nataliia Shvets"),
        ("Ковальова Олена", "Ковалёва Елена"),
        ("Ковальова Олена", "Ковалева Елена"),
        ("Ковальова Олена", "Kovalova Olena"),
        ("Соловйов Артем", "Соловьёв Артём"),
        ("Соловйов Артем", "Soloviov Artem"),
        ("Соловйов Артем", "Соловьев Артем"),
        ("Федоров Семен", "Фёдоров Семён"),
        ("Левицька Катерина", "Левицкая Екатерина"),
        ("Левицька Катерина", "Levytska Kateryna"),
        ("Левицький Микола", "Levitskiy Nikolay"),
        ("Крижанівський Павло", "Крыжановский Павел"),
        ("Пасічник Микита", "Пасечник Никита"),
        ("Заєць Дмитро", "Заяц Дмитрий"),
        ("Чорна Лариса", "Чёрная Лариса"),
        ("Вовк Ніна", "Волк Нина"),
        ("Білоус Петро", "Билоус Пётр"),
        ("Олійник Надія", "Олейник Надежда"),
        ("Хоменко Юрій", "Khomenko Yurii"),
        ("Хоменко Юрій", "Homenko Yuriy"),
        ("Щербак Євген", "Shcherbak Yevhen"),
        ("Щербак Євген", "Scherbak Evgeniy"),
        ("Їжакевич Яків", "Yizhakevych Yakiv"),
        ("Артем'єв В'ячеслав", "Artemyev Vyacheslav"),
        ("Ґалаґан Остап", "Галаган Остап"),
        ("Прокоп'юк Лук'ян", "Прокопьюк Лукьян"),
        ("Іваненко Іван", "Ивaненко Ивaн"),
        ("Іваненко Іван", "Iвaнeнкo Iвaн"),
        ("Іваненко Саша", "Іваненко Саша"),
    ],
)
def test_languages_and_look_alikes_are_one_person(one: str, other: str) -> None:
    assert _same(one, other)


@pytest.mark.parametrize(
    "written",
    ["Коваль І.П.", "Коваль І. П.", "І.П. Коваль", "І. П. Коваль", "КовальІ.П.", "І.П.Коваль",
    "Коваль І.П", "Коваль ІП",
     "КОВАЛЬ І.П.", "доц. Коваль І.П.", "Коваль И.П.", "Коваль I.П.", "Коваль І.П. (внутр.)"],
)  # fmt: skip
def test_initials_stand_on_either_side(written: str) -> None:
    reading = parse_name(written).readings[0]
    assert [part.key for part in reading.surnames] == ["koval"]
    assert (reading.first.kind, reading.first.letters) == ("initial", "і")
    assert (reading.patronymic.kind, reading.patronymic.letters) == ("initial", "п")


@pytest.mark.parametrize(
    ("written", "first", "patronymic"),
    [
        ("Коваль Іван П.", "full", "initial"),
        ("Іван П. Коваль", "full", "initial"),
        ("Коваль І.", "initial", "none"),
        ("Коваль Іван", "full", "none"),
        ("Коваль Ів. Петр.", "prefix", "prefix"),
        ("Коваль Ол-др", "prefix", "none"),
        ("Коваль Тарас Гр.", "full", "prefix"),
        ("Коваль", "none", "none"),
    ],
)
def test_short_names_tell_what_they_leave_out(written: str, first: str, patronymic: str) -> None:
    reading = parse_name(written).readings[0]
    assert [part.key for part in reading.surnames] == ["koval"]
    assert (reading.first.kind, reading.patronymic.kind) == (first, patronymic)


@pytest.mark.parametrize(
    "written",
    ["Коваль (Мороз) Ольга", "Коваль Ольга (Мороз)", "Коваль (дів. Мороз) Ольга",
    "Коваль Ольга (дівоче Мороз)",
     "Коваль [Мороз] Ольга", "Коваль Ольга, урожд. Мороз"],
)  # fmt: skip
def test_a_maiden_name_is_another_surname(written: str) -> None:
    reading = parse_name(written).readings[0]
    assert [part.key for part in reading.surnames] == ["koval"]
    assert [part.key for part in reading.former] == ["moroz"]


@pytest.mark.parametrize(
    "written",
    ["Нечуй-Левицький Іван", "Левицький-Нечуй Іван", "Нечуй - Левицький Іван", "Нечуй‑Левицький Іван"],
)
def test_both_parts_of_a_double_surname_count(written: str) -> None:
    keys = sorted(part.key for part in parse_name(written).readings[0].surnames)
    assert keys == ["liviцk", "niчu"]


@pytest.mark.parametrize(
    "surname",
    [
        "Роман Іван Петрович",
        "Голова Іван Петрович",
        "Стасевич Іван Петрович",
        "Слюсар Іван Петрович",
        "Складний Іван Петрович",
    ],
)
def test_a_surname_may_look_like_another_word(surname: str) -> None:
    assert is_person(surname)
    assert parse_name(surname).readings[0].surnames[0].sounds == skeleton_of(surname)


def skeleton_of(name: str) -> str:
    return parse_name(f"{name.split()[0]} І.П.").readings[0].surnames[0].sounds


@pytest.mark.parametrize(
    "thing",
    ["Приймальня", "Приймальня ректора", "Приймальня Іваненко О.П.", "Вахта", "Факс", "Охорона",
    "Черговий", "Бухгалтерія",
     "Відділ кадрів", "Кафедра фізики", "Каб. 205", "Аудиторія 305", "Серверна", "Гуртожиток №2",
     "Пост охорони", "Отдел кадров",
     "Reception", "Fax", "Конференц-зал", "", "   ", "—", "12-34", "(044) 239-12-34", "?", "Директор",
     "koval@corp.example", "Навчальний відділ", "Гардероб", "Сервер", "Іваненко О.П./Петренко І.І."],
)  # fmt: skip
def test_what_is_no_person_is_none(thing: str) -> None:
    assert not is_person(thing)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Козлова Людмила", "Козлова Любов"),
        ("Іваненко Марія", "Іваненко Мар'яна"),
        ("Савченко Іван", "Савчук Іван"),
        ("Іваненко Анна Петрівна", "Іваненко Анна Павлівна"),
        ("Яна Коваль", "Жанна Коваль"),
        ("Діана Коваль", "Дана Коваль"),
        ("Алла Коваль", "Аліна Коваль"),
        ("Валерія Коваль", "Валерій Коваль"),
        ("Олександр Коваль", "Олександра Коваль"),
    ],
)
def test_different_people_stay_different(one: str, other: str) -> None:
    assert not _same(one, other)


def test_a_patronymic_tells_the_father_in_all_languages() -> None:
    written = ["Сергійович", "Сергіївна", "Сергеевич", "Сергеевна", "Serhiiovych", "Sergeevna"]
    fathers = {parse_name(f"Коваль Оля {word}").readings[0].patronymic.names for word in written}
    assert fathers == {(("сергійm", 1.0),)}


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    name = parse_name(text)
    assert name.is_person in (True, False)
    assert tidy(tidy(text)) == tidy(text) or not text.isascii()
