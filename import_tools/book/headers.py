"""Which row of a table is its header, and which column holds what: by their names, or by what is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from import_tools.book.refusal import Refused
from import_tools.columns import HEADERS, MANY, field_of, plain_header

LAST_HEADER_ROW = 20
_STEMS = (
    ("phone", "телефон тел внутрішній внутренний мобільний мобильный phone mobile"),
    ("room", "кабінет кабинет кімната комната номеркаб каб аудиторія аудитория room"),
    ("name", "піб прізвищеі прізвищета фио фамилияи"),
    ("unit", "відділ підрозділ отдел подразделение department"),
    ("job_title", "посада должность position"),
    ("email", "email пошта почта електронна электронная"),
    ("note", "примітк примечан"),
)
_READ = frozenset({"name", "surname", "first_name", "patronymic", *(name for name, _stems in _STEMS)})
_LETTERS = re.compile(r"[^\W\d_]")
_PHONE = re.compile(r"[^\d\n]{0,12}\d(?:[\d\s()+\-.,;/]|вн|доб|тел|ext){1,60}", re.IGNORECASE)
_ROOM = re.compile(
    r"(?:(?:к|кк|каб|кабінет|кабинет|кім|кімн|ком|комн|ауд|room|офіс|офис|оф)\b\.?\s*)?№?\s*\d{1,4}\s?[\w/-]{0,5}",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][^\d@;|]{2,80}(?:[\s,;(]+(?:к|каб|тел|вн)\b.*)?", re.IGNORECASE)
_MOSTLY = 0.6


@dataclass(frozen=True)
class Header:
    """Places of the columns by field. ``index`` is that of the last header row in the table, -1 for none."""

    index: int
    columns: dict[str, list[int]]
    cells: list[str] = field(default_factory=list)

    @property
    def places(self) -> set[int]:
        """The columns that are read."""
        return {place for places in self.columns.values() for place in places}

    @property
    def width(self) -> int:
        """The columns up to the last one that is named; 0 when nothing is named."""
        return max((place + 1 for place, cell in enumerate(self.cells) if cell), default=0)


def meaning(header: str) -> str:
    """The field a header stands for: a known header, or one that begins like it; "" for any other."""
    known = field_of(header)
    if known:
        return known if known in _READ else ""
    plain = plain_header(header)
    if len(plain) > 40:
        return ""
    return next((name for name, stems in _STEMS if any(map(plain.startswith, stems.split()))), "")


def count_headers(cells: Sequence[str]) -> int:
    """How many of the cells are headers known by their whole name."""
    return sum(bool(field_of(cell)) for cell in cells)


def find_header(rows: Sequence[Sequence[str]]) -> Header | None:
    """The header among the first rows, or columns told by their content. Raises Refused for twin columns."""
    index = _header_index(rows)
    if index < 0:
        columns = _columns_by_content(rows)
        return Header(-1, columns) if "name" in columns and "phone" in columns else None
    columns = _named_columns(rows[index])
    if "name" not in columns and "surname" not in columns:
        known = {place for places in columns.values() for place in places}
        names = [place for place in _name_columns(rows[index + 1 :]) if place not in known]
        if not names:
            return None
        columns["name"] = names[:1]
    return _with_second_row(Header(index, columns, list(rows[index])), rows)


def _header_index(rows: Sequence[Sequence[str]]) -> int:
    best, found = 0, -1
    for index, cells in enumerate(rows[:LAST_HEADER_ROW]):
        exact = count_headers(cells)
        fields = {meaning(cell) for cell in cells if cell} - {""}
        named = exact and fields & {"name", "surname"}
        # “Телефон (044)” may be a header; without a header for names it may as well be somebody's phone
        numbers = [cell for cell in cells if _has_number(cell) and not (named and meaning(cell))]
        if (named or len(fields) > 1) and len(fields) + exact > best and not numbers:
            best, found = len(fields) + exact, index
    return found


def _has_number(cell: str) -> bool:
    return sum(letter.isdigit() for letter in cell) > 2


def _named_columns(cells: Sequence[str]) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        name = meaning(cell)
        if name:
            columns.setdefault(name, []).append(place)
    for name, places in columns.items():
        plain = [plain_header(cells[place]) for place in places]
        if name not in MANY:
            if len(set(plain)) < len(plain):
                raise Refused("twins", name=cells[places[0]])
            order = {header: number for number, header in enumerate(HEADERS[name])}
            places.sort(key=lambda place: order.get(plain_header(cells[place]), len(order)))
            del places[1:]
    return columns


def _with_second_row(header: Header, rows: Sequence[Sequence[str]]) -> Header:
    """A phone column may be split below its name into “internal” and “mobile”."""
    index = header.index + 1
    if index >= len(rows):
        return header
    named = {place for places in header.columns.values() for place in places if header.cells[place]}
    below = {place: cell for place, cell in enumerate(rows[index]) if cell}
    fields = {place: meaning(cell) for place, cell in below.items()}
    own = {place for place in below if place not in named or fields[place] in MANY}
    first = next(iter(header.columns.get("name") or header.columns["surname"]))
    if not below or first in below or own != set(below) or not all(fields.values()):
        return header
    columns = {name: list(places) for name, places in header.columns.items()}
    for place, name in fields.items():
        if place not in columns.get(name, []) and (name in MANY or name not in columns):
            columns.setdefault(name, []).append(place)
    cells = [below.get(place, cell) for place, cell in enumerate(header.cells)]
    return Header(index, columns, cells)


def _columns_by_content(rows: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    names = _name_columns(rows)
    phones = [place for place in _alike(rows, _PHONE) if place not in names and not _is_count(rows, place)]
    rooms = [place for place in _alike(rows, _ROOM) if place not in names]
    marked = [place for place in rooms if any(_LETTERS.search(cell) for cell in _column(rows, place))]
    columns: dict[str, list[int]] = {}
    if names:
        columns["name"] = names[:1]
    # a column of bare short numbers is of phones as long as no other is
    room = next((place for place in marked if place in rooms), None)
    if room is None and len(phones) > 1 and phones[-1] in rooms:
        # rooms have fewer digits than phones; of equal numbers nobody knows, and all are phones
        room = (
            phones[-1] if _size(rows, phones[-1]) < min(_size(rows, place) for place in phones[:-1]) else None
        )
    if room is not None:
        columns["room"] = [room]
    found = [place for place in phones if place != room]
    if found:
        columns["phone"] = found
    return columns


def _name_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    alike = _alike(rows, _NAME)
    # of two columns of words that of people has more words in a cell
    return sorted(alike, key=lambda place: -sum(min(len(cell.split()), 3) for cell in _column(rows, place)))


def _alike(rows: Sequence[Sequence[str]], pattern: re.Pattern[str]) -> list[int]:
    found = []
    for place in range(max(map(len, rows), default=0)):
        cells = _column(rows, place)
        fitting = sum(bool(pattern.fullmatch(cell)) for cell in cells)
        if cells and fitting >= len(cells) * _MOSTLY and fitting * 4 > len(rows):
            found.append(place)
    return found


def _is_count(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether the column only numbers the rows."""
    cells = [cell.rstrip(".)") for cell in _column(rows, place)]
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 7]
    return len(numbers) == len(cells) and all(after - before == 1 for before, after in pairwise(numbers))


def _size(rows: Sequence[Sequence[str]], place: int) -> float:
    cells = _column(rows, place)
    return sum(letter.isdigit() for cell in cells for letter in cell) / len(cells)


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in rows if place < len(row) and row[place]]
