"""The rows below a header as people: sections, names on two lines, further phones; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from import_tools.book.tables import LONGEST_CELL, Fault
from import_tools.book.values import count_digits, is_day, is_nothing, one_line, split_name, split_phones
from import_tools.book.words import continues_name, is_book_title, is_full_name, is_surely_section, is_surname

_ONCE = ("room", "email")
_MORE = ("job_title", "note")
_LONGEST_QUOTE = 200


@dataclass(slots=True)
class Record:
    """A row by fields. ``own`` are the fields that are not taken over from a merged cell."""

    row: int
    line: int
    values: dict[str, str]
    phones: list[str]
    own: set[str]
    stray: str = ""
    text: str = ""
    merged: bool = False
    fault: Fault | None = None
    spoilt: list[Fault] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name as it stands in the row."""
        return self.values.get("name", "")


@dataclass(slots=True)
class Draft:
    """A person that may go on in the next line."""

    row: int
    line: int
    name: str
    phones: list[str]
    room: str
    unit: str
    job_title: str
    email: str
    note: str
    last: int


@dataclass
class People:
    """Reads records in their order; what came of them is in ``drafts`` and ``problems``."""

    unit: str = ""
    drafts: list[Draft] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    _open: Draft | None = None
    _surname: Record | None = None

    def read(self, records: Iterable[Record]) -> None:
        """Every record becomes a person, a part of one, a section, or a problem."""
        rest = iter(records)
        record = next(rest, None)
        while record:
            following = next(rest, None)
            self._read(record, following)
            record = following

    def _read(self, record: Record, following: Record | None) -> None:
        above, self._open = self._open, None
        if above and above.last != record.row - 1:
            above = None
        for spoilt in record.spoilt:
            self._report(record, spoilt.code, **spoilt.values)
        fault = record.fault or _long_cell(record)
        if fault:
            self._report(record, fault.code, **fault.values)
        elif not record.name:
            self._read_nameless(record, above)
        elif record.own == {"name"}:
            self._read_alone(record, above, following)
        else:
            self._add(record)

    def _read_nameless(self, record: Record, above: Draft | None) -> None:
        own = record.own
        if not own:
            if record.stray and not _is_number(record.stray):
                self._begin_section(record.stray)
            else:
                self._open = above
        elif own == {"unit"}:
            self._begin_section(record.values["unit"])
        elif above and self._fits(record, above):
            self._continue(record, above)
        else:
            self._report(record, "no_name")

    def _fits(self, record: Record, above: Draft) -> bool:
        if any(count_digits(cell) == 0 for cell in record.phones if not is_nothing(cell)):
            return False
        once = all(
            not record.values.get(name) or getattr(above, name) in ("", record.values[name]) for name in _ONCE
        )
        return once and record.values.get("unit", "") in ("", above.unit)

    def _continue(self, record: Record, above: Draft) -> None:
        above.phones = list(dict.fromkeys([*above.phones, *self._phones(record, above)]))
        for name in _ONCE:
            setattr(above, name, getattr(above, name) or record.values.get(name, ""))
        for name in _MORE:
            if name in record.own:
                setattr(above, name, _join(getattr(above, name), record.values[name]))
        above.last = record.row
        self._open = above

    def _read_alone(self, record: Record, above: Draft | None, following: Record | None) -> None:
        text = record.name
        if above and continues_name(above.name, text):
            above.name, above.last, self._open = f"{above.name} {text}", record.row, above
        elif _begins_name(record, following):
            self._surname = record
        elif record.merged and not is_full_name(text):
            self._begin_section(text)
        elif is_full_name(text) or split_name(text, has_phone=False).name != text:
            if is_surely_section(text):
                self._begin_section(text)
            else:
                self._add(record)
        elif is_surely_section(text):
            self._begin_section(text)
        else:
            # whatever it was, the people below must not get a unit that may have ended here
            self.unit = ""
            self._report(record, "section_or_person")

    def _begin_section(self, text: str) -> None:
        if not is_book_title(text):
            self.unit = one_line(text).rstrip(":").rstrip()

    def _add(self, record: Record) -> None:
        first = self._surname or record
        name = f"{first.name} {record.name}" if self._surname else record.name
        self._surname = None
        split = split_name(name, has_phone=any(map(count_digits, record.phones)))
        if not any(letter.isalpha() for letter in split.name):
            self._report(record, "no_name")
            return
        values = record.values
        draft = Draft(
            first.row,
            first.line,
            split.name,
            list(split.phones),
            values.get("room", ""),
            values.get("unit") or self.unit,
            values.get("job_title", ""),
            values.get("email", ""),
            values.get("note", ""),
            record.row,
        )
        if split.room and draft.room and draft.room != split.room:
            self._report(record, "two_rooms", name=split.room)
        draft.room = draft.room or split.room
        if split.unclear:
            draft.note = _join(draft.note, split.unclear)
            self._report(record, "unclear_number", number=split.unclear)
        draft.phones = list(dict.fromkeys([*draft.phones, *self._phones(record, draft)]))
        self.drafts.append(draft)
        self._open = draft

    def _phones(self, record: Record, draft: Draft) -> Iterator[str]:
        for cell in record.phones:
            if is_day(cell):
                self._report(record, "day_for_phone", text=cell)
                continue
            phones, words = split_phones(cell)
            if words:
                draft.note = _join(draft.note, ", ".join(words))
            if words and not phones:
                self._report(record, "no_digits", text=one_line(cell)[:60])
            yield from map(one_line, phones)

    def _report(self, record: Record, code: str, **values: Any) -> None:
        text = record.text[:_LONGEST_QUOTE]
        self.problems.append({"line": record.line, "text": text, "code": code, "values": values})


def _begins_name(record: Record, following: Record | None) -> bool:
    """A surname alone, and in the next row the rest of the name with all that belongs to it."""
    if following is None or following.row != record.row + 1 or following.fault or following.own == {"name"}:
        return False
    return not record.merged and is_surname(record.name) and continues_name(record.name, following.name)


def _long_cell(record: Record) -> Fault | None:
    if all(len(text) <= LONGEST_CELL for text in (*record.values.values(), *record.phones)):
        return None
    return Fault("long_cell", {"number": LONGEST_CELL})


def _is_number(text: str) -> bool:
    return not any(letter.isalpha() for letter in text)


def _join(first: str, second: str) -> str:
    return f"{first} {second}".strip()
