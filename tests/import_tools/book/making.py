"""Phone books as files of every kind, made as people make them."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document

from import_tools.book import Book, Limits, read_book, reader
from import_tools.book.child import read_file
from import_tools.book.refusal import Refused
from import_tools.book.sandbox import Step, find_office

Cells = Sequence[Sequence[object]]


def write(folder: Path, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
    """A file of this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def write_csv(
    folder: Path, rows: Cells, *, separator: str = ";", encoding: str = "utf-8", end: str = "\n"
) -> Path:
    """A .csv; cells with separators or line breaks stand in quotes."""

    def quoted(value: object) -> str:
        text = "" if value is None else str(value)
        special = any(mark in text for mark in (separator, '"', "\n"))
        return '"' + text.replace('"', '""') + '"' if special else text

    return write(
        folder, "book.csv", "".join(separator.join(map(quoted, row)) + end for row in rows), encoding
    )


def write_xlsx(folder: Path, rows: Cells, *, merges: Sequence[str] = (), title: str = "Sheet") -> Path:
    """A workbook of one sheet."""
    path = folder / "book.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)
    workbook.save(path)
    return path


def write_docx(folder: Path, rows: Cells, *, merges: Sequence[tuple[int, int, int, int]] = ()) -> Path:
    """A document of one table; merges are rows and columns from 0, both ends included."""
    path = folder / "book.docx"
    document = Document()
    table = document.add_table(len(rows), len(rows[0]))
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            table.cell(number, place).text = "" if value is None else str(value)
    for top, left, bottom, right in merges:
        cell = table.cell(top, left)
        text = cell.text
        cell.merge(table.cell(bottom, right)).text = text
    # as Word itself does; without it LibreOffice writes no table into a .doc
    document.add_paragraph()
    document.save(str(path))
    return path


@cache
def _profile() -> Path:
    """LibreOffice's settings, made once in a process: making them takes longer than a conversion."""
    folder = tempfile.mkdtemp(prefix="helpdesk-office-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def convert(path: Path, ending: str, kind: str = "") -> Path:
    """What LibreOffice makes of the file."""
    office = find_office()
    assert office, "install libreoffice-writer-nogui and libreoffice-calc-nogui"
    subprocess.run(
        [
            office,
            "--headless",
            "--norestore",
            f"-env:UserInstallation={_profile().as_uri()}",
            *("--convert-to", kind or ending, "--outdir", str(path.parent), str(path)),
        ],
        check=True,
        capture_output=True,
        timeout=90,
    )
    return path.with_suffix(f".{ending}")


def read_here(path: Path, name: str = "") -> Book:
    """``read_book`` without its process: for the many small questions of what a row means."""
    with pytest.MonkeyPatch.context() as patch:

        def run(path: Path, name: str, limits: Limits, tell: Step, programs: str | None) -> dict[str, Any]:
            job = {"path": str(path), "name": name, "folder": "", "soffice": "", **asdict(limits)}
            try:
                return dict(json.loads(json.dumps(read_file(job, tell, lambda _size: None))))
            except Refused as refusal:
                return {"refused": refusal.code, "values": refusal.values}

        patch.setattr(reader, "run_child", run)
        return read_book(path, name=name)
