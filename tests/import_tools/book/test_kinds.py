"""The same table in every kind of file and every encoding is the same people."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from import_tools.book import Book, read_book
from tests.import_tools.book.making import convert, read_here, write, write_csv, write_docx, write_xlsx

TABLE: list[list[str | None]] = [
    ["ПІБ", "Телефон", "Кабінет", "Примітка"],
    ["Іваненко Іван Петрович", "2070, 2071", "к. 305", "1E5"],
    ["Бухгалтерія", None, None, None],
    ["Null Олена", "007", "NA", "=1+1"],
    ["Ґалаґан Ївга Юхимівна", "+380441234567", "012", "True"],
    ["Сёмин Пётр Ильич", "(044) 239-78-91, 7595", "07", "якийсь текст"],
]
PEOPLE = [
    (1, 2, "Іваненко Іван Петрович", ("2070", "2071"), "к. 305", "", "1E5"),
    (3, 4, "Null Олена", ("007",), "NA", "Бухгалтерія", "=1+1"),
    (4, 5, "Ґалаґан Ївга Юхимівна", ("+380441234567",), "012", "Бухгалтерія", "True"),
    (5, 6, "Сёмин Пётр Ильич", ("(044) 239-78-91", "7595"), "07", "Бухгалтерія", "якийсь текст"),
]


def _people(book: Book) -> list[tuple[object, ...]]:
    assert book.problems == ()
    return [(e.row, e.line, e.name, e.phones, e.room, e.unit, e.note) for e in book.entries]


def _workbook(folder: Path) -> Path:
    path = write_xlsx(folder, TABLE)
    workbook = openpyxl.load_workbook(path)
    # typed as text, as a person does with an apostrophe
    workbook.active["D4"].data_type = "s"
    workbook.active["D4"].quotePrefix = True
    workbook.save(path)
    return path


@pytest.fixture(scope="module")
def office_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The table in each kind of office file."""
    folder = tmp_path_factory.mktemp("office")
    xlsx, docx = _workbook(folder), write_docx(folder, TABLE)
    return {
        "xlsx": xlsx,
        "docx": docx,
        "xls": convert(xlsx, "xls"),
        "ods": convert(xlsx, "ods"),
        "doc": convert(docx, "doc"),
        "rtf": convert(docx, "rtf"),
    }


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "docx", "doc", "rtf"])
def test_every_office_file_gives_the_same_people(office_files: dict[str, Path], kind: str) -> None:
    book = read_book(office_files[kind])
    assert (book.kind, book.header_line, len(book.digest)) == (kind, 1, 64)
    assert book.columns == {"name": "ПІБ", "phone": "Телефон", "room": "Кабінет", "note": "Примітка"}
    assert book.sheets == (("Sheet",) if kind in {"xlsx", "xls", "ods"} else ())
    assert _people(book) == PEOPLE


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [
        ("utf-8", ","),
        ("utf-8-sig", "\t"),
        ("utf-16", "\t"),
        ("utf-16-le", ";"),
        ("utf-16-be", "|"),
        ("utf-32", ";"),
        ("windows-1251", ";"),
        ("windows-1251", ","),
        ("koi8-u", ";"),
        ("koi8-u", "|"),
    ],
)
def test_every_text_file_gives_the_same_people(tmp_path: Path, encoding: str, separator: str) -> None:
    book = read_book(write_csv(tmp_path, TABLE, separator=separator, encoding=encoding, end="\r\n"))
    assert (book.kind, book.encoding, book.separator, book.header_line) == ("csv", encoding, separator, 1)
    assert _people(book) == PEOPLE


def test_a_web_page_named_xls_is_read_and_the_name_is_reported(tmp_path: Path) -> None:
    rows = "".join("<tr>" + "".join(f"<td>{cell or ''}</td>" for cell in row) + "</tr>\n" for row in TABLE)
    page = f"<html><head><meta charset=windows-1251></head><body><table>{rows}</table></body></html>"
    book = read_book(write(tmp_path, "book.xls", page, "windows-1251"))
    assert [(p.line, p.text) for p in book.problems] == [(0, "book.xls")]
    assert ".html" in book.problems[0].reason
    assert [entry.name for entry in book.entries] == [person[2] for person in PEOPLE]
    assert [entry.unit for entry in book.entries] == [person[5] for person in PEOPLE]


def test_the_content_decides_not_the_name(office_files: dict[str, Path]) -> None:
    book = read_book(office_files["xlsx"], name="Довідник.DOC")
    assert book.kind == "xlsx"
    assert [(p.line, p.text) for p in book.problems] == [(0, "Довідник.DOC")]
    assert read_book(office_files["xlsx"], name="довідник").problems == ()


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt", "TXT"])
def test_a_text_may_have_any_ending_of_a_text(tmp_path: Path, ending: str) -> None:
    path = write_csv(tmp_path, TABLE, separator="\t")
    assert _people(read_here(path, f"book.{ending}")) == PEOPLE


def test_progress_goes_up_to_a_hundred_in_words(tmp_path: Path, app: Flask) -> None:
    heard: list[tuple[int, str]] = []
    with app.test_request_context(headers={"Accept-Language": "en"}):
        read_book(write_csv(tmp_path, TABLE), progress=lambda *told: heard.append(told))
    percents = [percent for percent, _step in heard]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert all(step for _percent, step in heard)


def test_a_document_with_macros_is_read_and_they_are_not_run(
    office_files: dict[str, Path], tmp_path: Path
) -> None:

    path = tmp_path / "book.docm"
    with (
        zipfile.ZipFile(office_files["docx"]) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            made.writestr(name, content)
        made.writestr("word/vbaProject.bin", b"macro")
    assert _people(read_book(path)) == PEOPLE
