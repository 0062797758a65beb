"""Many rows at once: COPY into PostgreSQL, executemany into SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select, text

from models import Model

BATCH = 5_000
_EPOCH = date(1970, 1, 1).toordinal()
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
Row = Sequence[str | int | None]


def stamp(moment: int) -> str:
    """A moment of Unix time as both databases read it (PostgreSQL: with the time zone set to UTC)."""
    day, second = divmod(moment, 86_400)
    return f"{_date(day)} {_clock(second)}.000000"


@lru_cache(maxsize=1_000)
def _date(day: int) -> str:
    return date.fromordinal(_EPOCH + day).isoformat()


@lru_cache(maxsize=86_400)
def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


class Table:
    """One table's rows, gathered and written in batches. Values are texts, numbers and None."""

    def __init__(self, connection: Connection, model: type[Model], columns: str, *needs: Table) -> None:
        self.connection = connection
        self.needs = needs  # the tables that these rows point into
        self.name = model.__tablename__
        self.columns = columns.split()
        self.rows: list[Row] = []
        self.next_id = 1
        table = model.__table__
        if "id" in table.columns:
            self.next_id = 1 + (connection.scalar(select(func.max(table.c.id))) or 0)

    def take_id(self) -> int:
        """The next free id."""
        self.next_id += 1
        return self.next_id - 1

    def add(self, *row: str | int | None) -> None:
        """A row in the order of the columns."""
        self.rows.append(row)
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        rows, self.rows = self.rows, []
        if not rows:
            return
        for table in self.needs:
            table.flush()
        names = ", ".join(f'"{column}"' for column in self.columns)
        if self.connection.dialect.name == "postgresql":
            self._copy(names, rows)
        else:
            marks = ", ".join("?" * len(self.columns))
            self.connection.exec_driver_sql(
                f'INSERT INTO "{self.name}" ({names}) VALUES ({marks})', [tuple(row) for row in rows]
            )

    def _copy(self, names: str, rows: list[Row]) -> None:
        cursor: Any = self.connection.connection.cursor()
        with cursor.copy(f"COPY \"{self.name}\" ({names}) FROM STDIN (NULL '{None}')") as copy:
            copy.write("".join(map(_line, rows)))

    def finish(self) -> None:
        """Write the rest, and let the sequence go on behind the ids that were given."""
        self.flush()
        if self.connection.dialect.name == "postgresql" and self.columns[0] == "id":
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :next, false)")
            self.connection.execute(sequence, {"name": self.name, "next": self.next_id})


def _line(row: Row) -> str:
    """A row in PostgreSQL's text format; what is missing becomes the word None, which no text of ours is."""
    line = "\t".join(map(str, row))
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(row):
        line = "\t".join(str(value).translate(_ESCAPES) for value in row)
    return line + "\n"
