"""Addresses of FAB's screens, checked once: nonsense in them is "nothing here", never a crash.

FAB takes the key of a row, the page and its size from the address as they are (traps.md M22).
"""

from __future__ import annotations

import re

from flask import Flask, abort, current_app, request
from flask_appbuilder import AppBuilder
from flask_appbuilder.baseviews import BaseCRUDView

LARGEST_ID = 2**31 - 1
LARGEST_PAGE = 100
# FAB looks for these anywhere in a name: “xpsize_TopicView” counts, too
_FILTER = re.compile(r"_flt_(\d)_(.*)")
_PAGE, _SIZE, _ORDER = re.compile("page_"), re.compile("psize_"), re.compile("_oc_")


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= most


def init_address_check(app: Flask, builder: AppBuilder) -> None:
    """Check the addresses of every list and record that FAB draws."""

    def check() -> None:
        view = current_app.extensions["crud_views"].get(request.blueprint)
        if view is not None:
            check_address(view)

    app.before_request(check)
    app.extensions["crud_views"] = CrudViews(builder)


class CrudViews:
    """FAB's table screens by the name of their blueprint."""

    def __init__(self, builder: AppBuilder) -> None:
        self.builder = builder
        self._found: dict[str, BaseCRUDView] = {}

    def get(self, name: str | None) -> BaseCRUDView | None:
        """The screen, or None for anything else."""
        if not self._found:
            views = (view for view in self.builder.baseviews if isinstance(view, BaseCRUDView))
            self._found = {view.endpoint: view for view in views}
        return self._found.get(name or "")


def check_address(view: BaseCRUDView) -> None:
    """Answer 404 to a key, page, size, order or filter that cannot be."""
    key = (request.view_args or {}).get("pk")
    if key is not None and not _is_number(str(key), LARGEST_ID):
        abort(404)
    for name, value in request.args.items(multi=True):
        if "\x00" in value or "\x00" in name:
            abort(404)
        if _PAGE.search(name) and not _is_number(value, 1_000_000):
            abort(404)
        if _SIZE.search(name) and not (_is_number(value, LARGEST_PAGE) and int(value)):
            abort(404)
        # the order of a hidden column tells its values as well as a filter would (traps.md M4)
        if _ORDER.search(name) and value not in view.order_columns:
            abort(404)
        if match := _FILTER.search(name):
            _check_filter(view, int(match[1]), match[2], value)


def _check_filter(view: BaseCRUDView, index: int, column: str, value: str) -> None:
    known = view._filters.get_search_filters()
    if column not in known:
        return  # FAB leaves out what is not in search_columns
    if index >= len(known[column]):
        abort(404)
    numeric = view.datamodel.is_integer(column) or view.datamodel.is_relation(column)
    if numeric and value not in ("", "__None") and not _is_number(value, LARGEST_ID):
        abort(404)
