"""From tables to people: clean the cells, find the header, give merged cells to each of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from import_tools.book.headers import Header, count_headers, find_header
from import_tools.book.people import Draft, People, Record
from import_tools.book.refusal import Refused
from import_tools.book.tables import MOST_COLUMNS, Fault, Merge, Table
from import_tools.book.values import clean, is_nothing, one_line
from import_tools.book.words import is_full_name, is_generic_title

_NAMES = ("surname", "first_name", "patronymic")


@dataclass
class Shaped:
    """What all tables of a file came to."""

    entries: list[tuple[Any, ...]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    header: Header | None = None
    header_line: int = 0
    rows: int = 0


def shape_tables(tables: list[Table], *, stem: str = "") -> Shaped:
    """The people of all tables. Raises Refused when there are none to be found in any."""
    shaped = Shaped()
    several = len(tables) > 1
    for table in tables:
        if table.rows:
            _shape(table, shaped, stem, several)
    if shaped.header is None:
        raise Refused("no_rows" if not any(table.rows for table in tables) else "no_header")
    if not shaped.entries and not shaped.problems:
        raise Refused("no_people")
    return shaped


def _shape(table: Table, shaped: Shaped, stem: str, several: bool) -> None:
    if max(len(row.cells) for row in table.rows) > MOST_COLUMNS:
        raise Refused("columns", number=MOST_COLUMNS)
    frame = _frame(table)
    rows: list[list[str]] = frame.to_numpy().tolist()
    header = find_header(rows) or _carried(shaped.header, rows)
    del rows
    if header is None:
        if several:
            shaped.problems.append(_problem(0, table.name, "no_header_here", sheet=table.name))
        return
    start = header.index + 1
    first = table.rows[header.index].number if start else 0
    if shaped.header is None:
        shaped.header = header
        shaped.header_line = table.rows[header.index].line if start else 0
    people = People(_unit_of(table, header, stem, several))
    people.read(_records(table, frame, header, shaped.rows - first))
    shaped.entries += [_entry(draft, table.name) for draft in people.drafts]
    shaped.problems += [problem | {"sheet": table.name} for problem in people.problems]
    shaped.rows += max(0, table.rows[-1].number - first)


def _frame(table: Table) -> pd.DataFrame:
    """The cells as cleaned text, numbered as their rows are."""
    width = max(len(row.cells) for row in table.rows)
    # padded here: what pandas does with rows of unlike length has changed before
    cells = [row.cells + [""] * (width - len(row.cells)) for row in table.rows]
    return pd.DataFrame(cells, index=[row.number for row in table.rows], dtype=object).map(clean)


def _carried(header: Header | None, rows: list[list[str]]) -> Header | None:
    """A table that goes on after a break of the page has its header only once."""
    if header is None or not any(sum(map(bool, row)) > 1 for row in rows):
        return None
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell), default=0)
    last = max(header.places)
    return Header(-1, header.columns, header.cells) if last < width <= max(header.width, last + 1) else None


def _unit_of(table: Table, header: Header, stem: str, several: bool) -> str:
    name = one_line(clean(table.name))
    if "unit" in header.columns or is_generic_title(name) or name.casefold() == stem.casefold():
        return ""
    return name if several or not table.heading else ""


def _records(table: Table, frame: pd.DataFrame, header: Header, offset: int) -> Iterator[Record]:
    widths = _widths(table, header)
    taken = _taken_over(table.merges, frame, header)
    wide = {
        merge.top: merge.left
        for merge in table.merges
        if merge.top == merge.bottom and merge.right > merge.left
    }
    for row, cells in zip(table.rows, frame.to_numpy().tolist(), strict=True):
        if row.number <= (table.rows[header.index].number if header.index >= 0 else 0):
            continue
        if _repeats_header(cells, header) or _counts_columns(cells):
            continue
        record = _record(row.number + offset, row.line, cells, header, taken.get(row.number, set()))
        record.merged = row.number in wide
        width = _wrong_width(row.cells, *widths) if table.fixed else None
        record.fault = row.fault or width or _several_names(cells, header)
        record.spoilt = [fault for place, fault in (row.spoilt or {}).items() if place in header.places]
        yield record


def _taken_over(merges: list[Merge], frame: pd.DataFrame, header: Header) -> dict[int, set[int]]:
    """Write the value of a cell merged downwards into its rows; a name stays where it is, once."""
    names = {place for name in ("name", *_NAMES) for place in header.columns.get(name, [])}
    taken: dict[int, set[int]] = {}
    for merge in merges:
        if merge.bottom == merge.top or merge.left in names or merge.top not in frame.index:
            continue
        below = frame.index[(frame.index > merge.top) & (frame.index <= merge.bottom)]
        if merge.left in frame.columns:
            value = frame.at[merge.top, merge.left]
            frame.loc[below.to_list(), merge.left] = str(value)
            for number in below:
                taken.setdefault(int(number), set()).add(merge.left)
    return taken


def _record(number: int, line: int, cells: list[str], header: Header, taken: set[int]) -> Record:
    read: dict[str, list[int]] = header.columns
    values = {
        name: one_line(cells[places[0]])
        for name, places in read.items()
        if name != "phone" and places[0] < len(cells) and not is_nothing(cells[places[0]])
    }
    if "name" not in values:
        values["name"] = " ".join(values[name] for name in _NAMES if name in values)
    phones = [cells[place] for place in read.get("phone", []) if place < len(cells) and cells[place]]
    own = {
        "name" if name in _NAMES else name
        for name, places in read.items()
        if any(place < len(cells) and not is_nothing(cells[place]) and place not in taken for place in places)
    }
    known = header.places | taken
    stray = next((cell for place, cell in enumerate(cells) if cell and place not in known), "")
    text = " | ".join(one_line(cell) for place, cell in enumerate(cells) if cell and place not in taken)
    return Record(number, line, values, phones, own, one_line(stray), text)


def _repeats_header(cells: list[str], header: Header) -> bool:
    """A printed list repeats its header on each page."""
    if header.index < 0:
        return count_headers(cells) > 1
    there = [cell for cell in cells if cell]
    return len(there) > 1 and there == [cell for cell in header.cells if cell]


def _counts_columns(cells: list[str]) -> bool:
    """The row “1 2 3 4” below the header of an official form."""
    there = [cell for cell in cells if cell]
    return len(there) > 1 and there == [str(number) for number in range(1, len(there) + 1)]


def _widths(table: Table, header: Header) -> tuple[int, int]:
    """The fewest and the most cells of a row: those that the header names, and all that it has."""
    if header.index >= 0:
        return header.width, max(header.width, len(table.rows[header.index].cells))
    usual = Counter(len(row.cells) for row in table.rows if len(row.cells) > 1).most_common(1)
    width = usual[0][0] if usual else 1
    return width, width


def _wrong_width(cells: list[str], least: int, most: int) -> Fault | None:
    """A cell too many or too few: any of them may stand in the wrong column. One alone is in the first."""
    filled = max((place + 1 for place, cell in enumerate(cells) if cell.strip()), default=0)
    if filled > most or (filled > 1 and len(cells) < least):
        return Fault("width", {"there": max(filled, min(len(cells), least)), "wanted": least})
    return None


def _several_names(cells: list[str], header: Header) -> Fault | None:
    """People below each other in one cell: nobody knows whose the phones are."""
    names = [cells[place] for place in header.columns.get("name", []) if place < len(cells)]
    several = any("\n" in name and all(map(is_full_name, name.split("\n"))) for name in names)
    return Fault("several_names") if several else None


def _entry(draft: Draft, sheet: str) -> tuple[Any, ...]:
    """The values of a ``BookEntry`` in their order."""
    known = (draft.row, draft.line, draft.name, draft.phones, draft.room, draft.unit)
    return *known, draft.job_title, draft.email, draft.note, sheet


def _problem(line: int, text: str, code: str, sheet: str = "", **values: Any) -> dict[str, Any]:
    return {"line": line, "text": text, "code": code, "values": values, "sheet": sheet}
