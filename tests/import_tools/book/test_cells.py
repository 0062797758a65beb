"""What a single cell holds: several phones, a room beside the name, characters nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from import_tools.book import Book
from tests.import_tools.book.making import read_here, write

HEAD = "ПІБ;Телефон;Кабінет\n"
FULL = "Петренко Олег Іванович"


def _read(folder: Path, text: str | bytes) -> Book:
    return read_here(write(folder, "book.csv", text))


def _lines(book: Book) -> list[int]:
    return [problem.line for problem in book.problems]


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("2070, 2071", ("2070", "2071")),
        ("2-34-56; 067 123-45-67", ("2-34-56", "067 123-45-67")),
        ("2070/2071", ("2070", "2071")),
        ("2-505", ("2-505",)),
        ("(044) 239-78-91, 7595", ("(044) 239-78-91", "7595")),
        ("вн. 6481", ("вн. 6481",)),
        ("вн. 6481, 2070", ("вн. 6481", "2070")),
        ("239-78-91/92", ("239-78-91/92",)),
        ("12, 15", ("12", "15")),
        ("2070 та 2071", ("2070", "2071")),
        ("+38 (044) 239-78-91 вн. 12", ("+38 (044) 239-78-91 вн. 12",)),
        ("007", ("007",)),
        ("-", ()),
        ("немає", ()),
    ],
)
def test_the_phones_of_a_cell_are_told_apart(tmp_path: Path, cell: str, phones: tuple[str, ...]) -> None:
    book = _read(tmp_path, HEAD + f'{FULL};"{cell}";101\n')
    assert (book.entries[0].phones, book.problems) == (phones, ())


def test_several_phone_columns_are_all_read(tmp_path: Path) -> None:
    text = f"ПІБ;Телефон;Моб. тел.;Телефон;Тел. (внутр.)\n{FULL};2070;067 1234567;2070;2071\n"
    book = _read(tmp_path, text)
    assert book.entries[0].phones == ("2070", "067 1234567", "2071")
    assert book.columns["phone"] == "Телефон, Моб. тел., Телефон, Тел. (внутр.)"


@pytest.mark.parametrize(
    ("name", "expected", "room", "phones"),
    [
        ("Іваненко І.І., к. 305", "Іваненко І.І.", "к. 305", ()),
        ("Іваненко І.І. (каб. 12)", "Іваненко І.І.", "каб. 12", ()),
        ("Іваненко Іван Іванович кімн. №305-а", "Іваненко Іван Іванович", "кімн. №305-а", ()),
        ("Іваненко І.К. 2070", "Іваненко І.К.", "", ("2070",)),
        ("Іваненко І.І. тел. 2070, 2071", "Іваненко І.І.", "", ("тел. 2070", "2071")),
        ("Іваненко І.І. (2070)", "Іваненко І.І.", "", ("2070",)),
        ("Іваненко І.І., к. 305, 2-34-56", "Іваненко І.І.", "к. 305", ("2-34-56",)),
        ("Іваненко-Коваль Дар'я В’ячеславівна", "Іваненко-Коваль Дар'я В’ячеславівна", "", ()),
    ],
)
def test_rooms_and_phones_leave_the_name(
    tmp_path: Path, name: str, expected: str, room: str, phones: tuple[str, ...]
) -> None:
    book = _read(tmp_path, f'ПІБ;Телефон;Посада\n"{name}";;інженер\n')
    entry = book.entries[0]
    assert (entry.name, entry.room, entry.phones, entry.job_title) == (expected, room, phones, "інженер")
    assert book.problems == ()


def test_a_second_room_or_a_number_of_unclear_kind_is_reported(tmp_path: Path) -> None:
    book = _read(tmp_path, HEAD + "Чиж О.П. (к. 5);2070;к. 6\nІваненко І.І. 305;2071;\n")
    assert [(e.name, e.room, e.phones, e.note) for e in book.entries] == [
        ("Чиж О.П.", "к. 6", ("2070",), ""),
        ("Іваненко І.І.", "", ("2071",), "305"),
    ]
    assert _lines(book) == [2, 3]


def test_stray_characters_go_and_the_letters_of_a_name_stay(tmp_path: Path) -> None:
    name = "\u00a0 Ко\u00adваль\u200b  Дар’я\u00a0В'ячеславівна\t"
    book = _read(tmp_path, HEAD + f"{name};\u00a02070 ;\u00a0\nАртем`єв Ёсип;2071;\n")
    assert [entry.name for entry in book.entries] == ["Коваль Дар’я В'ячеславівна", "Артем`єв Ёсип"]
    assert book.entries[0].phones == ("2070",)


def test_what_is_no_phone_and_no_name_is_reported(tmp_path: Path) -> None:
    book = _read(tmp_path, HEAD + f"{FULL};уточнюється;1\n305;2070;\nЧиж О.П.;2026-10-02;\n")
    assert [(e.name, e.phones, e.note) for e in book.entries] == [
        (FULL, (), "уточнюється"),
        ("Чиж О.П.", (), ""),
    ]
    assert _lines(book) == [2, 3, 4]


def test_an_endless_name_costs_no_time(tmp_path: Path) -> None:
    name = "Чиж " + "1 " * 4_000 + "х"
    assert _read(tmp_path, HEAD + f"{name};2070;1\n" * 50).entries[49].phones == ("2070",)
