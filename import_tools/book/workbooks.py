"""Tables of .xlsx, .xls and .ods, read by calamine through pandas as the text one would see."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineSheet, PasswordError, SheetTypeEnum, SheetVisibleEnum

from import_tools.book.refusal import Refused
from import_tools.book.tables import Budget, Merge, Row, Table
from import_tools.book.unseen import Unseen, read_unseen

# a sheet that claims more would fill the memory before its cells could be counted
_MOST_PLACES = 40_000_000


def read_workbook(path: Path, kind: str, budget: Budget) -> tuple[list[Table], list[str]]:
    """The visible sheets, and the names of the hidden ones. Raises Refused."""
    try:
        with path.open("rb") as stream, pd.ExcelFile(stream, engine="calamine") as workbook:
            return _sheets(workbook.book, read_unseen(path, kind), budget)
    except PasswordError:
        raise Refused("password") from None
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        if "password" in str(error).casefold():
            raise Refused("password") from None
        raise Refused("damaged") from None
    except BaseException as panic:
        # calamine is Rust: what it did not expect is no Exception, and has no public name
        if type(panic).__name__ == "PanicException":
            raise Refused("damaged") from None
        raise


def _sheets(book: Any, unseen: dict[str, Unseen], budget: Budget) -> tuple[list[Table], list[str]]:
    tables, hidden = [], []
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        if about.visible != SheetVisibleEnum.Visible:
            hidden.append(about.name)
            continue
        sheet = book.get_sheet_by_name(about.name)
        tables.append(_table(sheet, unseen.get(about.name, Unseen()), budget))
    return tables, hidden


def _table(sheet: CalamineSheet, unseen: Unseen, budget: Budget) -> Table:
    if sheet.total_height * sheet.total_width > _MOST_PLACES:
        raise Refused("cells", number=budget.cells)
    rows = list(_rows(sheet, unseen, budget))
    merges = unseen.merges or [
        Merge(top + 1, left, bottom + 1, right)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
    ]
    return Table(sheet.name, rows, merges)


def _rows(sheet: CalamineSheet, unseen: Unseen, budget: Budget) -> Iterator[Row]:
    left = sheet.start[1] if sheet.start else 0
    for number, values in enumerate(sheet.iter_rows(), start=1):
        faults = unseen.faults.get(number, {})
        if not faults and not any(value not in ("", None) for value in values):
            continue
        cells = [""] * left + [cell_text(value) for value in values]
        budget.spend(len(cells))
        for place, zeros in unseen.zeros.get(number, {}).items():
            if place < len(cells) and cells[place].isdecimal():
                cells[place] = cells[place].zfill(zeros)
        for place in faults:
            cells.extend([""] * (place + 1 - len(cells)))
            cells[place] = ""
        yield Row(number, number, cells, spoilt=faults)


def cell_text(value: object) -> str:
    """What stands in a cell: ``2070.0`` is 2070, a day is written 2026-05-01."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", timespec="minutes")
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="minutes")
    # how a workbook writes a carriage return
    return str(value).replace("_x000D_", "\n")
