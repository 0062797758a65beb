"""What the rows of a phone book mean; what nobody can know is said by its line."""

from __future__ import annotations

from pathlib import Path

from import_tools.book import Book
from tests.import_tools.book.making import read_here, write

HEAD = "ПІБ;Телефон;Кабінет\n"
FULL = "Петренко Олег Іванович"


def _read(folder: Path, text: str | bytes) -> Book:
    return read_here(write(folder, "book.csv", text))


def _short(book: Book) -> list[tuple[int, str, tuple[str, ...], str, str]]:
    return [(e.line, e.name, e.phones, e.room, e.unit) for e in book.entries]


def _lines(book: Book) -> list[int]:
    return [problem.line for problem in book.problems]


def test_m17_a_line_with_too_many_or_too_few_cells_is_reported_and_nothing_is_shifted(tmp_path: Path) -> None:
    text = HEAD + (
        f"Коваль Ірина Петрівна;2070;101;зайве\n{FULL};2071;102\n"
        "Бойко Іван Ілліч;2072\nЧиж О.П.;2073;103;;;\n"
    )
    book = _read(tmp_path, text)
    assert _short(book) == [(3, FULL, ("2071",), "102", ""), (5, "Чиж О.П.", ("2073",), "103", "")]
    assert [(p.line, p.text) for p in book.problems] == [
        (2, "Коваль Ірина Петрівна | 2070 | 101 | зайве"),
        (4, "Бойко Іван Ілліч | 2072"),
    ]
    assert "4" in book.problems[0].reason
    assert "2" in book.problems[1].reason


def test_rows_are_counted_below_the_header_and_lines_in_the_file(tmp_path: Path) -> None:
    text = (
        "Телефонний довідник;;\nстаном на травень;;\n\n"
        + HEAD
        + f'"Коваль\nІрина Петрівна";2070;101\n\n{FULL};"2071\n2072";102\n'
    )
    book = _read(tmp_path, text)
    assert book.header_line == 4
    assert [(e.row, e.line, e.name, e.phones) for e in book.entries] == [
        (1, 5, "Коваль Ірина Петрівна", ("2070",)),
        (3, 8, FULL, ("2071", "2072")),
    ]
    assert book.problems == ()


def test_separators_within_quotes_are_no_separators(tmp_path: Path) -> None:
    text = 'ПІБ,Телефон,Примітка\n"Коваль, Ірина Петрівна","2070,2071","каже ""так""; ні"\r\n'
    book = _read(tmp_path, text)
    assert book.separator == ","
    assert [(e.name, e.phones, e.note) for e in book.entries] == [
        ("Коваль, Ірина Петрівна", ("2070", "2071"), 'каже "так"; ні')
    ]


def test_an_open_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    others = "".join(f"Людина{number} І.П.;{number};1\n" for number in range(200, 260))
    book = _read(tmp_path, HEAD + f'"Коваль Ірина;2070;101\n{FULL};2071;102\n' + others)
    assert _lines(book) == [2]
    assert [entry.line for entry in book.entries] == list(range(3, 64))
    inner = _read(tmp_path, HEAD + 'Відділ "Ромашка";2070;101\n')
    assert _short(inner) == [(2, 'Відділ "Ромашка"', ("2070",), "101", "")]


def test_excels_own_first_line_tells_the_separator(tmp_path: Path) -> None:
    book = _read(tmp_path, f"sep=|\nПІБ|Телефон\n{FULL}|2070\n")
    assert (book.separator, book.header_line, _short(book)[0][0]) == ("|", 2, 3)


def test_old_mac_line_ends_are_lines(tmp_path: Path) -> None:
    assert _short(_read(tmp_path, HEAD.replace("\n", "\r") + f"{FULL};2070;1\r"))[0][:2] == (2, FULL)


def test_damaged_letters_are_reported_by_line(tmp_path: Path) -> None:
    good = "".join(f"Коваль Ірина Петрівна;{number};1\n" for number in range(100, 120))
    data = (
        (HEAD + good).encode() + b"\xd0\x9f\xff\xd0;2070;1\n" + f"Чиж\x00О.П.;2;3\n{FULL};2071;2\n".encode()
    )
    book = _read(tmp_path, data)
    assert (book.encoding, len(book.entries)) == ("utf-8", 21)
    assert _lines(book) == [22, 23]


def test_without_a_header_the_columns_are_told_by_their_content(tmp_path: Path) -> None:
    text = (
        "1;Коваль Ірина Петрівна;2070;к. 101\n2;Чиж О.П.;вн. 2071;к. 102\n3;Приймальня;(044) 239-78-91;к. 7\n"
    )
    book = _read(tmp_path, text)
    assert book.header_line == 0
    assert list(book.columns) == ["name", "room", "phone"]
    assert all(str(number) in told for number, told in zip((2, 4, 3), book.columns.values(), strict=True))
    assert [(e.row, *line) for e, line in zip(book.entries, _short(book), strict=True)] == [
        (1, 1, "Коваль Ірина Петрівна", ("2070",), "к. 101", ""),
        (2, 2, "Чиж О.П.", ("вн. 2071",), "к. 102", ""),
        (3, 3, "Приймальня", ("(044) 239-78-91",), "к. 7", ""),
    ]


def test_sections_become_the_unit_of_the_rows_below(tmp_path: Path) -> None:
    text = HEAD + (
        "Дирекція;;\nКоваль Ірина Петрівна;2070;1\nПриймальня;2071;2\nБухгалтерія\nЧиж О.П.;2072;3\n"
        "Відділ кадрів:;;\nБойко Іван Ілліч;2073;4\nПетренко Олег Іванович;;\n"
    )
    book = _read(tmp_path, text)
    assert [(e.name, e.unit) for e in book.entries] == [
        ("Коваль Ірина Петрівна", "Дирекція"),
        ("Приймальня", "Дирекція"),
        ("Чиж О.П.", "Бухгалтерія"),
        ("Бойко Іван Ілліч", "Відділ кадрів"),
        (FULL, "Відділ кадрів"),
    ]
    assert book.problems == ()


def test_a_row_that_may_be_a_section_or_a_person_is_reported_and_ends_the_section(tmp_path: Path) -> None:
    text = HEAD + f"Бухгалтерія;;\nЧиж О.П.;2072;3\nСонячна Долина;;\n{FULL};2073;4\n"
    book = _read(tmp_path, text)
    assert _lines(book) == [4]
    assert [(e.line, e.unit) for e in book.entries] == [(3, "Бухгалтерія"), (5, "")]


def test_a_person_on_two_lines_is_one(tmp_path: Path) -> None:
    text = HEAD + (
        "Іваненко;2070;101\nІван Петрович;;\n"
        "Шевченко;;\nОльга Ігорівна;2071;102\n"
        "Бойко Іван;2072;103\nІлліч;;\n"
        "Чиж;2073;\nО. П.;;\n"
        f"{FULL};2074;104\n;2075;\n;вн. 2076;104\n"
    )
    book = _read(tmp_path, text)
    assert [(e.row, *line[1:4]) for e, line in zip(book.entries, _short(book), strict=True)] == [
        (1, "Іваненко Іван Петрович", ("2070",), "101"),
        (3, "Шевченко Ольга Ігорівна", ("2071",), "102"),
        (5, "Бойко Іван Ілліч", ("2072",), "103"),
        (7, "Чиж О. П.", ("2073",), ""),
        (9, FULL, ("2074", "2075", "вн. 2076"), "104"),
    ]
    assert book.problems == ()


def test_a_further_line_belongs_only_to_the_row_right_above_it(tmp_path: Path) -> None:
    text = HEAD + f"{FULL};2070;101\n\n;2071;\nЧиж О.П.;2072;5\n;2073;6\nбиті;дані;тут;є\n;2074;\n"
    book = _read(tmp_path, text)
    assert [entry.phones for entry in book.entries] == [("2070",), ("2072",)]
    assert _lines(book) == [4, 6, 7, 8]


def test_repeated_headers_and_numbered_columns_are_skipped(tmp_path: Path) -> None:
    text = HEAD + f"1;2;3\n{FULL};2070;1\n" + HEAD + "Чиж О.П.;2071;2\n"
    book = _read(tmp_path, text)
    assert [(e.row, e.line) for e in book.entries] == [(2, 3), (4, 5)]
    assert book.problems == ()


def test_a_name_in_three_columns_is_one_name(tmp_path: Path) -> None:
    text = (
        "Прізвище;Ім'я;По батькові;Підрозділ;Посада;E-mail;Тел.;№ каб.\n"
        "Чиж;Олег;Ілліч;Склад;комірник;o@x.ua;2070;5\n"
    )
    entry = _read(tmp_path, text).entries[0]
    assert (entry.name, entry.unit, entry.job_title) == ("Чиж Олег Ілліч", "Склад", "комірник")
    assert (entry.email, entry.phones, entry.room) == ("o@x.ua", ("2070",), "5")


def test_a_column_of_names_under_an_unknown_header_is_found(tmp_path: Path) -> None:
    book = _read(tmp_path, f"Хто це;Телефон;Кабінет\n{FULL};2070;1\nЧиж Олег Ілліч;2071;2\n")
    assert book.columns["name"] == "Хто це"
    assert [entry.name for entry in book.entries] == [FULL, "Чиж Олег Ілліч"]


def test_a_section_may_stand_in_the_column_of_numbers(tmp_path: Path) -> None:
    text = f"№;ПІБ;Телефон (044)\nБухгалтерія;;\n1;{FULL};2070\n2;;\n3;Цех 305;2071\n"
    book = _read(tmp_path, text)
    assert [(e.name, e.phones, e.unit) for e in book.entries] == [
        (FULL, ("2070",), "Бухгалтерія"),
        ("Цех 305", ("2071",), "Бухгалтерія"),
    ]
    assert book.problems == ()


def test_several_people_in_one_cell_are_reported(tmp_path: Path) -> None:
    book = _read(tmp_path, HEAD + f'"Чиж О.П.\nБойко І.І.";"2070\n2071";1\n{FULL};2072;2\n')
    assert [entry.name for entry in book.entries] == [FULL]
    assert _lines(book) == [2]


def test_a_title_above_a_book_without_a_header_is_no_section(tmp_path: Path) -> None:
    book = _read(tmp_path, f"Телефонний довідник;\n{FULL};2072\nЧиж О.П.;2070\n")
    assert [(e.row, e.name, e.unit) for e in book.entries] == [(2, FULL, ""), (3, "Чиж О.П.", "")]


def test_two_columns_of_like_numbers_without_a_header_are_phones(tmp_path: Path) -> None:
    like = _read(tmp_path, f"{FULL};2072;2073\nЧиж О.П.;2070;2071\n")
    assert [entry.phones for entry in like.entries] == [("2072", "2073"), ("2070", "2071")]
    unlike = _read(tmp_path, f"{FULL};2072;101\nЧиж О.П.;2070;12\n")
    assert [(e.phones, e.room) for e in unlike.entries] == [(("2072",), "101"), (("2070",), "12")]


def test_a_job_title_and_a_note_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    text = f"ПІБ;Посада;Телефон;Примітка\n{FULL};провідний;2070;у відпустці\n;інженер;;до травня\n"
    entry = _read(tmp_path, text).entries[0]
    assert (entry.job_title, entry.note) == ("провідний інженер", "у відпустці до травня")


def test_columns_that_nobody_reads_shift_nothing(tmp_path: Path) -> None:
    text = f"{FULL};2072;к. 5;інженер;А\nЧиж О.П.;2070;к. 6;лікар;Б\nБойко І.І.;2071;к. 7;лікар\n"
    without = _read(tmp_path, text)
    assert [(e.name, e.phones, e.room) for e in without.entries] == [
        (FULL, ("2072",), "к. 5"),
        ("Чиж О.П.", ("2070",), "к. 6"),
    ]
    assert _lines(without) == [3]
    unnamed = _read(tmp_path, f"ПІБ;Телефон;\n{FULL};2072;так\n")
    assert (len(unnamed.entries), unnamed.problems) == (1, ())


def test_a_number_is_not_a_phone_because_its_column_is_called_a_number(tmp_path: Path) -> None:
    book = _read(tmp_path, f"Номер;ПІБ;Телефон;Employee ID\n1;{FULL};2072;E-17\n")
    assert book.columns == {"name": "ПІБ", "phone": "Телефон"}
    assert book.entries[0].phones == ("2072",)
