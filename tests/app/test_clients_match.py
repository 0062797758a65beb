"""``flask clients match``: two files in, one file out, the database left alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_babel import force_locale
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Client

DIRECTORY = """sAMAccountName,displayName,mail,department,disabled,objectGUID
o.ivanenko,Іваненко Олена Петрівна,o.ivanenko@corp.example,Бухгалтерія,0,
o.ivanenko2,Іваненко Оксана Павлівна,o.ivanenko2@corp.example,Канцелярія,0,
v.lysenko,Vyacheslav Lysenko,v.lysenko@corp.example,Бібліотека,0,
m.honchar,Гончар Микола Ігорович,m.honchar@corp.example,Ректорат,0,
"""
BOOK = """ПІБ;Телефон;Кабінет
Гончар Николай Игоревич;2070;к. 635
Приймальня;2071;к. 1
;;
Іваненко О.П.;вн. 3941;к. 344
Іваненко Оксана Павлівна;8-502
"""


@pytest.fixture(autouse=True)
def english(app: Flask) -> Iterator[None]:
    """Messages are compared as they are written in the code."""
    with force_locale("en"):
        yield


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "ad.csv").write_text(DIRECTORY, encoding="utf-8")
    (tmp_path / "book.csv").write_bytes(BOOK.encode("windows-1251"))
    return tmp_path


def _match(app: Flask, folder: Path, *more: str) -> Result:
    names = [
        f"--{name}={folder / file}"
        for name, file in (("ad", "ad.csv"), ("book", "book.csv"), ("out", "out.csv"))
    ]
    return app.test_cli_runner().invoke(args=["clients", "match", *names, *more])


def _written(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_an_administrator_joins_two_files(app: Flask, files: Path) -> None:
    run = _match(app, files)
    assert run.exit_code == 0, run.output
    lines = _written(files)
    assert [line["row"] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [line["login"] for line in lines] == ["m.honchar", "", "", "", "o.ivanenko2"]
    assert [line["outcome"] for line in lines] == [
        "sure",
        "unmatched",
        "unmatched",
        lines[3]["outcome"],
        "sure",
    ]
    assert "o.ivanenko" in lines[3]["candidates"].split("|")
    assert "2 sure" in run.output


def test_the_file_has_the_columns_that_were_promised(app: Flask, files: Path) -> None:
    _match(app, files, "--mode", "sure")
    header = (files / "out.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert header == "login;row;outcome;evidence;candidates"


def test_the_database_is_left_alone(app: Flask, session: Session, files: Path) -> None:
    before = session.scalar(select(func.count()).select_from(Client))
    _match(app, files)
    assert session.scalar(select(func.count()).select_from(Client)) == before


def test_a_directory_without_logins_is_refused(app: Flask, files: Path) -> None:
    (files / "ad.csv").write_text("displayName,mail\nІваненко Олена,a@corp.example\n", encoding="utf-8")
    run = _match(app, files)
    assert run.exit_code == 1
    assert "login is missing" in run.output
    assert not (files / "out.csv").exists()


def test_a_place_that_cannot_be_written_is_told(app: Flask, files: Path) -> None:
    run = _match(app, files, f"--out={files / 'nowhere' / 'out.csv'}")
    assert run.exit_code == 1
    assert "cannot be written" in run.output


def test_book_may_be_a_sheet(app: Flask, files: Path) -> None:
    workbook = Workbook()
    for line in BOOK.splitlines():
        workbook.active.append(line.split(";"))
    workbook.save(files / "book.xlsx")
    result = _match(app, files, f"--book={files / 'book.xlsx'}")
    assert result.exit_code == 0, result.output
    with (files / "out.csv").open(encoding="utf-8") as file:
        rows = {row["row"]: row["login"] for row in csv.DictReader(file, delimiter=";")}
    assert rows["1"] == "m.honchar"
    assert rows["5"] == "o.ivanenko2"
