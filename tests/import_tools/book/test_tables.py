"""Sheets and Word tables: merged cells, numbers, errors, several sheets, headings."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest
from docx import Document

from import_tools.book import Book
from tests.import_tools.book.making import Cells, convert, read_here, write, write_docx, write_xlsx

HEAD = ["ПІБ", "Відділ", "Телефон", "Кабінет"]
MERGED: Cells = [
    ["Телефонний довідник", None, None, None],
    HEAD,
    ["Коваль Ірина Петрівна", "Бухгалтерія", 2070.0, "007"],
    ["Чиж О.П.", None, 2071, None],
    ["Бойко Іван Ілліч", None, None, 12],
    ["Приймальня", None, "2073", "к. 1"],
    ["Група підтримки", None, None, None],
    ["Петренко Олег Іванович", None, "2074", "к. 2"],
]
READ = [
    (1, 3, "Коваль Ірина Петрівна", "Бухгалтерія", ("2070",), "007"),
    (2, 4, "Чиж О.П.", "Бухгалтерія", ("2071",), "007"),
    (3, 5, "Бойко Іван Ілліч", "Бухгалтерія", ("2071",), "12"),
    (4, 6, "Приймальня", "", ("2073",), "к. 1"),
    (6, 8, "Петренко Олег Іванович", "Група підтримки", ("2074",), "к. 2"),
]


def _facts(book: Book) -> list[tuple[object, ...]]:
    return [(e.row, e.line, e.name, e.unit, e.phones, e.room) for e in book.entries]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A unit merged down over three people, a phone and a room over two, a title and a section across."""
    folder = tmp_path_factory.mktemp("merged")
    xlsx = write_xlsx(folder, MERGED, merges=["A1:D1", "B3:B5", "C4:C5", "D3:D4", "A7:D7"])
    texts = [[None if cell is None else str(cell).removesuffix(".0") for cell in row] for row in MERGED]
    across = [(0, 0, 0, 3), (2, 1, 4, 1), (3, 2, 4, 2), (2, 3, 3, 3), (6, 0, 6, 3)]
    docx = write_docx(folder, texts, merges=across)
    return {"xlsx": xlsx, "docx": docx, "xls": convert(xlsx, "xls"), "ods": convert(xlsx, "ods")}


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "docx"])
def test_a_merged_cell_counts_for_each_of_its_rows(merged: dict[str, Path], kind: str) -> None:
    book = read_here(merged[kind])
    assert (_facts(book), book.problems, book.header_line) == (READ, (), 2)


def test_the_spans_of_a_web_page_count_for_each_of_their_rows(tmp_path: Path) -> None:
    page = (
        "<table><tr><th>ПІБ<th>Відділ<th>Телефон</tr>"
        "<tr><td>Коваль Ірина<br>Петрівна<td rowspan=2>Склад<td>2070<br>2071</tr>"
        "<tr><td>Чиж О.П.<td>2072</tr><tr><td colspan=3>Дирекція</tr></table>"
    )
    book = read_here(write(tmp_path, "book.html", page))
    assert [(e.name, e.unit, e.phones) for e in book.entries] == [
        ("Коваль Ірина Петрівна", "Склад", ("2070", "2071")),
        ("Чиж О.П.", "Склад", ("2072",)),
    ]


def test_a_name_merged_over_two_phones_is_one_person(tmp_path: Path) -> None:
    rows: Cells = [HEAD, ["Чиж О.П.", "Склад", "2070", "5"], [None, None, "2071", None]]
    book = read_here(write_xlsx(tmp_path, rows, merges=["A2:A3", "B2:B3", "D2:D3"]))
    assert _facts(book) == [(1, 2, "Чиж О.П.", "Склад", ("2070", "2071"), "5")]


def test_numbers_days_and_formats_become_the_text_one_sees(tmp_path: Path) -> None:
    # a spreadsheet knows no time zones
    day = datetime.datetime.fromisoformat("2026-05-01 09:30")
    values = [2070.0, 380441234567, 7, "007", day.date(), day]
    path = write_xlsx(tmp_path, [["ПІБ", "Телефон", "Примітка"], *(["Чиж О.П.", 111, v] for v in values)])
    workbook = openpyxl.load_workbook(path)
    workbook.active["C4"].number_format = "000"
    workbook.save(path)
    notes = [entry.note for entry in read_here(path).entries]
    assert notes == ["2070", "380441234567", "007", "007", "2026-05-01", "2026-05-01 09:30"]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_an_error_in_a_cell_is_reported_and_the_person_stays(tmp_path: Path, kind: str) -> None:
    rows = [HEAD, ["Чиж О.П.", "=1/0", "2070", "5"], ["Бойко Іван Ілліч", "Склад", "2071", "6"]]
    # LibreOffice computes what openpyxl only writes down
    path = convert(write_xlsx(tmp_path, rows), "ods")
    path = path if kind == "ods" else convert(path, "xlsx")
    book = read_here(path)
    assert [(e.name, e.unit, e.phones) for e in book.entries] == [
        ("Чиж О.П.", "", ("2070",)),
        ("Бойко Іван Ілліч", "Склад", ("2071",)),
    ]
    assert [problem.line for problem in book.problems] == [2]
    assert "#DIV/0!" in book.problems[0].reason


def test_formulas_are_read_by_their_value_and_reported_without_one(tmp_path: Path) -> None:
    rows = [HEAD, ["Чиж О.П.", "Склад", "=2000+70", "5"]]
    path = write_xlsx(tmp_path, rows)
    book = read_here(path)
    assert (book.entries[0].phones, book.problems[0].line) == ((), 2)
    assert "=2000+70" in book.problems[0].reason
    computed = read_here(convert(path, "ods"))
    assert (computed.entries[0].phones, computed.problems) == (("2070",), ())


def test_all_sheets_are_read_and_name_the_unit(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path, [["ПІБ", "Телефон"], ["Чиж О.П.", "2070"]], title="Аркуш1")
    workbook = openpyxl.load_workbook(path)
    second = workbook.create_sheet("Бухгалтерія")
    for row in [["Телефон", "ПІБ"], ["2071", "Коваль Ірина Петрівна"], [], ["2072", "Бойко Іван Ілліч"]]:
        second.append(row)
    workbook.create_sheet("Примітки").append(["просто текст"])
    hidden = workbook.create_sheet("Старе")
    hidden.append(["ПІБ", "Телефон"])
    hidden.append(["Давній О.О.", "1111"])
    hidden.sheet_state = "hidden"
    workbook.save(path)
    book = read_here(path)
    assert [(e.row, e.line, e.name, e.unit, e.phones, e.sheet) for e in book.entries] == [
        (1, 2, "Чиж О.П.", "", ("2070",), "Аркуш1"),
        (2, 2, "Коваль Ірина Петрівна", "Бухгалтерія", ("2071",), "Бухгалтерія"),
        (4, 4, "Бойко Іван Ілліч", "Бухгалтерія", ("2072",), "Бухгалтерія"),
    ]
    assert book.sheets == ("Аркуш1", "Бухгалтерія", "Примітки")
    assert [(p.line, p.text) for p in book.problems] == [(0, "Старе"), (0, "Примітки")]


def test_word_tables_take_their_unit_from_the_heading_and_their_header_from_the_first(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("Телефонний довідник")
    tables = [
        ("", [["ПІБ", "Телефон"], ["Чиж О.П.", "2070"]]),
        ("Бухгалтерія", [["Коваль Ірина Петрівна", "2071\n2072"]]),
        ("Склад", [["ПІБ", "Телефон"], ["Бойко Іван Ілліч", "2073"]]),
    ]
    for heading, rows in tables:
        document.add_paragraph(heading)
        table = document.add_table(len(rows), 2)
        for number, row in enumerate(rows):
            for place, text in enumerate(row):
                table.cell(number, place).text = text
    document.save(str(tmp_path / "book.docx"))
    book = read_here(tmp_path / "book.docx")
    assert [(e.row, e.line, e.name, e.unit, e.phones) for e in book.entries] == [
        (1, 2, "Чиж О.П.", "", ("2070",)),
        (2, 3, "Коваль Ірина Петрівна", "Бухгалтерія", ("2071", "2072")),
        (3, 5, "Бойко Іван Ілліч", "Склад", ("2073",)),
    ]
    assert book.problems == ()


def test_a_header_of_two_rows_is_one_header(tmp_path: Path) -> None:
    rows: Cells = [
        ["ПІБ", "Телефон", None, "Кабінет"],
        [None, "внутрішній", "міський", None],
        ["Чиж О.П.", "2070", "239-78-91", "5"],
    ]
    book = read_here(write_xlsx(tmp_path, rows, merges=["A1:A2", "B1:C1", "D1:D2"]))
    assert (book.header_line, book.problems) == (2, ())
    assert _facts(book) == [(1, 3, "Чиж О.П.", "", ("2070", "239-78-91"), "5")]
