"""The address of a list as a query, and back. What makes no sense in an address is left out, no error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.services.boxes import Box, BoxQuery, Filter, Sort

PAGE_SIZES = (25, 50, 100)
LARGEST_ID = 2**31 - 1
# name in the address → attribute of BoxQuery
IDS = {
    "department": "department_id",
    "topic": "topic_id",
    "client": "client_id",
    "assignee": "assignee_id",
}


def number_in(text: str | None, *, least: int = 1, most: int = LARGEST_ID) -> int | None:
    """A whole number between the bounds, or None for anything else."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if least <= value <= most else None


def parse_query(box: Box, args: Mapping[str, str], *, page_size: int = 25) -> BoxQuery:
    """The query that the address asks for."""
    state, sort = args.get("state", ""), args.get("sort", "")
    per = number_in(args.get("per"))
    ids = {attribute: number_in(args.get(name)) for name, attribute in IDS.items()}
    return BoxQuery(
        box=box,
        filter=Filter(state) if state in set(Filter) else Filter.ALL,
        sort=Sort(sort) if sort in set(Sort) else Sort.NEW,
        limit=per if per in PAGE_SIZES else page_size if page_size in PAGE_SIZES else PAGE_SIZES[0],
        after=args.get("after", "")[:40],
        before=args.get("before", "")[:40],
        priority=number_in(args.get("priority"), least=0, most=2),
        **ids,
    )


def query_args(query: BoxQuery, *, place: bool = False) -> dict[str, str]:
    """The shortest address of ``query``; ``place`` keeps the page one is on."""
    found: dict[str, str] = {}
    if query.filter != Filter.ALL:
        found["state"] = query.filter
    if query.sort != Sort.NEW:
        found["sort"] = query.sort
    for name, attribute in IDS.items():
        if (value := getattr(query, attribute)) is not None:
            found[name] = str(value)
    if query.priority is not None:
        found["priority"] = str(query.priority)
    if place and query.after:
        found["after"] = query.after
    elif place and query.before:
        found["before"] = query.before
    return found


def query_url(query: BoxQuery, *, place: bool = False, path: str = "", **changes: Any) -> str:
    """The address of a list, with ``changes`` to the query; ``path`` goes below the box."""
    if changes:
        query = replace(query, after="", before="")
        query = replace(query, **changes)
        place = place or "after" in changes or "before" in changes
    text = urlencode(query_args(query, place=place))
    return f"/tickets/{query.box}{path}" + (f"?{text}" if text else "")


def origin_of(query: BoxQuery) -> str:
    """A list as one word of an address: what a ticket's page gets as ``from``."""
    text = urlencode(query_args(query))
    return f"{query.box}?{text}" if text else str(query.box)


def parse_origin(text: str | None) -> BoxQuery | None:
    """The list that :func:`origin_of` named, or None for nonsense."""
    box, _mark, rest = (text or "")[:600].partition("?")
    if box not in set(Box):
        return None
    return parse_query(Box(box), dict(parse_qsl(rest)))
