"""A table as it stands in a file, before anyone knows what its columns hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from import_tools.book.refusal import Refused

LONGEST_CELL = 10_000
MOST_COLUMNS = 1_000


@dataclass
class Fault:
    """What is wrong with a row: a code of ``wording.PROBLEMS`` and the values of its sentence."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """``number`` counts the rows, ``line`` the lines of the file: a line break in a cell makes them differ.

    ``fault`` spoils the row, ``spoilt`` single cells by their places, which are empty.
    """

    number: int
    line: int
    cells: list[str]
    fault: Fault | None = None
    spoilt: dict[int, Fault] | None = None


@dataclass(frozen=True)
class Merge:
    """A merged cell by the numbers of its rows and the places of its columns, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Table:
    """The rows that are not empty. ``fixed`` tables (.csv) have the same number of cells in each row."""

    name: str
    rows: list[Row]
    merges: list[Merge] = field(default_factory=list)
    fixed: bool = False
    heading: bool = False
    encoding: str = ""
    separator: str = ""


@dataclass
class Budget:
    """The cells that may still be read, of all tables together."""

    cells: int
    spent: int = 0

    def spend(self, cells: int) -> None:
        """Raises Refused when there are too many."""
        self.spent += cells
        if self.spent > self.cells:
            raise Refused("cells", number=self.cells)
