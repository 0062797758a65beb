"""The parts of the bench's page: its views, a page of rows, the address of each, what was said last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _

from app.services.bench import list_rows
from app.services.bench_rows import BenchCounts, LastWord
from app.services.rows import find_row
from models import BookRow, ImportRun, RowStanding, Verdict
from views.base import current_actor, session

ADDRESS = "/client-base/"
STANDINGS = {
    "doubtful": RowStanding.DOUBTFUL,
    "sure": RowStanding.LINKED,
    "book": RowStanding.UNMATCHED,
    "created": RowStanding.CREATED,
    "left": RowStanding.LEFT,
}
DIRECTORY = "directory"
VIEWS = (*STANDINGS, DIRECTORY)
OF_THE_BOOK = ("book", "created", "left")


@dataclass(frozen=True)
class Place:
    """Where on the bench the person is: the view, the cursor of its page, the row to open.

    ``past``: open the first row behind the one with this number of the book.
    """

    view: str = "doubtful"
    after: str = ""
    row: int | None = None
    past: int | None = None
    who: str = ""

    def url(self, **changes: Any) -> str:
        """The address of this place with something changed."""
        facts: dict[str, Any] = {
            "view": self.view,
            "after": self.after,
            "row": self.row,
            "past": self.past,
            "who": self.who,
            **changes,
        }
        return f"{ADDRESS}?{urlencode({name: value for name, value in facts.items() if value})}"

    @property
    def after_row(self) -> int:
        """The cursor as a row's number; 0 for the beginning and for anything else."""
        number = int(self.after) if self.after.isascii() and self.after.isdigit() else 0
        return number if number < 2**31 else 0


def view_of(standing: str) -> str:
    """The view in which rows of this standing are."""
    return next(view for view, known in STANDINGS.items() if known == standing)


@dataclass(frozen=True)
class RowPage:
    """A page of rows, the cursor of the next, and the number of the row that is to be opened."""

    rows: Sequence[BookRow]
    following: int | None
    opened: int | None


def page_of_rows(book: ImportRun, place: Place) -> RowPage:
    """The page for this place. A row that is asked for and stands elsewhere is opened all the same."""
    page, following = _read(book, place.view, place.after_row)
    if place.row is not None:
        asked = find_row(session(), BookRow, place.row)
        if (
            asked
            and asked.standing == STANDINGS[place.view]
            and asked not in page
            and asked.run_id == book.id
        ):
            page, following = _read(book, place.view, asked.row - 1)
        return RowPage(page, following, place.row)
    behind = [row for row in page if row.row > (place.past or 0)]
    if not behind and following is not None and place.past:
        page, following = _read(book, place.view, place.past)
        behind = list(page)
    if not page and place.after_row:  # the last rows of the last page were decided: begin anew
        page, following = _read(book, place.view, 0)
    opened = next(iter(behind or page), None)
    return RowPage(page, following, opened.id if opened else None)


def _read(book: ImportRun, view: str, after_row: int) -> tuple[Sequence[BookRow], int | None]:
    return list_rows(session(), book, STANDINGS[view], actor=current_actor(), after_row=after_row)


def sub_tabs(counts: BenchCounts, current: str) -> list[dict[str, Any]]:
    """The four lists with how many are in each; "only in the book" has three of its own."""
    count = counts.standings
    tabs = [
        ("doubtful", _("Doubtful"), "question-circle", count.get(RowStanding.DOUBTFUL, 0)),
        ("sure", _("Joined"), "check-circle-fill", count.get(RowStanding.LINKED, 0)),
        (DIRECTORY, _("Only in the directory"), "person-badge", counts.only_in_directory),
        ("book", _("Only in the book"), "telephone", sum(count.get(STANDINGS[v], 0) for v in OF_THE_BOOK)),
    ]
    return [
        {
            "word": word,
            "icon": icon,
            "count": number,
            "url": f"{ADDRESS}?view={name}",
            "current": name == current or (name == "book" and current in OF_THE_BOOK),
        }
        for name, word, icon, number in tabs
    ]


def book_filters(counts: BenchCounts, current: str) -> list[dict[str, Any]]:
    """What has become of the rows without a person of the directory."""
    words = {"book": _("Not decided"), "created": _("New clients"), "left": _("Nobody’s")}
    return [
        {
            "word": words[name],
            "count": counts.standings.get(STANDINGS[name], 0),
            "url": f"{ADDRESS}?view={name}",
            "current": name == current,
        }
        for name in OF_THE_BOOK
    ]


def say_word(word: LastWord) -> str:
    """A decision in words."""
    facts = {"row": word.row.name, "name": word.client.full_name if word.client else ""}
    sentences = {
        Verdict.LINKED: _("“%(row)s” is %(name)s.", **facts),
        Verdict.REFUSED: _("“%(row)s” is not %(name)s.", **facts),
        Verdict.CREATED: _("“%(row)s” is a new client.", **facts),
        Verdict.LEFT: _("“%(row)s” is nobody’s.", **facts),
        Verdict.REOPENED: _("“%(row)s” is open again.", **facts),
    }
    return str(sentences[Verdict(word.decision.verdict)])
