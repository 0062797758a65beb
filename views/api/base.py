"""What the API's resources share: entry, answers in FAB's form, and lists read by page or by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Response, jsonify
from flask_appbuilder.api import BaseApi
from flask_babel import gettext as _

from app.errors import Invalid
from views.api.fields import Fields, read_rison

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
COUNTED = 1000
Row = TypeVar("Row")


class HelpdeskApi(BaseApi):
    """A resource of ours. Tokens, API keys and the browser's session are let in alike; what a caller
    sees and may do is the policy's business, and refusals are answered by ``views.errors``."""

    allow_browser_login = True
    list_columns: tuple[str, ...] = ()

    def answer_list(
        self, rows: Sequence[Mapping[str, Any]], asked: Asked, *, count: int, cursor: str
    ) -> Response:
        """FAB's list answer; ``count`` above :data:`COUNTED` is cut there and said to be inexact."""
        columns = asked.columns or list(self.list_columns)
        return jsonify(
            {
                "count": min(count, COUNTED),
                "count_is_exact": count <= COUNTED,
                "ids": [row["id"] for row in rows],
                "result": [{name: row[name] for name in columns} for row in rows],
                "list_columns": columns,
                "cursor": cursor or None,
            }
        )

    def answer_one(self, row: Mapping[str, Any], status: int = 200) -> Response:
        """FAB's answer with one row."""
        response = jsonify({"id": row["id"], "result": row})
        response.status_code = status
        return response


@dataclass
class Asked:
    """What a list was asked for by ``q``."""

    page: int = 0
    page_size: int = DEFAULT_PAGE
    cursor: str = ""
    order: tuple[str, str] | None = None
    columns: list[str] = field(default_factory=list)
    filters: dict[str, Any] = field(default_factory=dict)


def read_asked(
    columns: Sequence[str],
    *,
    filters: Mapping[str, str],
    orders: Sequence[str] = (),
    plain: Mapping[str, Any] | None = None,
) -> Asked:
    """The rison argument ``q``. ``filters`` maps the columns that may be filtered to their one operator;
    ``plain`` are further values from the address itself. Raises Invalid, BadRequest."""
    values = {**(plain or {}), **read_rison()}
    typed = Fields(values)
    asked = Asked(cursor=typed.text("cursor") or typed.text("after"))
    asked.page = typed.number("page", least=0) or 0
    size = typed.number("page_size", least=-1)
    if size:  # FAB's -1 is "as many as you give"
        asked.page_size = min(size, LARGEST_PAGE) if size > 0 else LARGEST_PAGE
    column = typed.choice("order_column", {name: name for name in orders}, "")
    direction = typed.choice("order_direction", {"asc": "asc", "desc": "desc"}, "desc")
    asked.order = (column, direction) if column else None
    asked.columns = _names(typed, columns)
    asked.filters = _filters(typed, filters)
    if asked.page * asked.page_size > COUNTED:
        typed.wrong["page"] = _("Go on by the cursor: pages end after %(number)s rows.", number=COUNTED)
    typed.finish()
    return asked


def _names(typed: Fields, columns: Sequence[str]) -> list[str]:
    if not typed.has("columns"):
        return []
    names = typed.raw("columns")
    if not isinstance(names, list) or any(name not in columns for name in names):
        typed.wrong["columns"] = _("Send one of: %(choices)s.", choices=", ".join(columns))
        return []
    return [str(name) for name in names]


def _filters(typed: Fields, allowed: Mapping[str, str]) -> dict[str, Any]:
    rows = typed.raw("filters") if typed.has("filters") else []
    found: dict[str, Any] = {}
    for row in rows if isinstance(rows, list) else [None]:
        asked = row if isinstance(row, dict) else {}
        column = asked.get("col")
        if not isinstance(column, str) or column not in allowed or asked.get("opr") != allowed[column]:
            known = ", ".join(f"{name} {operator}" for name, operator in allowed.items())
            raise Invalid(fields={"filters": _("Only these filters are known: %(known)s.", known=known)})
        found[column] = asked.get("value")
    return found


def page_by_key(
    read: Callable[[str, int], tuple[Sequence[Row], str]], asked: Asked
) -> tuple[Sequence[Row], str]:
    """The rows asked for and the cursor of the next ones. A page number is reached by walking keys,
    at most :data:`COUNTED` rows of them."""
    cursor, skip = asked.cursor, asked.page * asked.page_size
    while skip:
        passed, cursor = read(cursor, min(skip, LARGEST_PAGE))
        if not cursor:
            return [], ""
        skip -= len(passed)
    return read(cursor, asked.page_size)
