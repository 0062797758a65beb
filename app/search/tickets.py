"""Full text of tickets: PostgreSQL by an expression index, SQLite by FTS5, behind one condition.

The index and the FTS5 table are made by a migration; ``DOCUMENT`` here must be the indexed expression,
letter by letter, or PostgreSQL will not use it.
"""

from __future__ import annotations

import re

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, literal_column, select, table
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Session

from app.text import swap_layout
from models import Ticket

DOCUMENT = "to_tsvector('simple', ticket.subject || ' ' || ticket.body || ' ' || ticket.topic_text)"
MOST_WORDS = 8
_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words that a search looks for, lower case, at most ``MOST_WORDS``."""
    return [word[:60] for word in _WORD.findall(text.lower())][:MOST_WORDS]


def spellings(word: str) -> list[str]:
    """A word as it was typed, and as it would be in the other keyboard layouts."""
    found = [word]
    for layout in ("uk", "ru"):
        other = "".join(_WORD.findall(swap_layout(word, layout).lower()))
        if other and other not in found:
            found.append(other)
    return found


def contains(session: Session, text: str) -> ColumnElement[bool] | None:
    """The condition that a ticket's text holds the beginnings of all words; None without a word."""
    words = words_of(text)
    if not words:
        return None
    if session.get_bind().dialect.name == "postgresql":
        return _in_postgresql(words)
    return _in_sqlite(words)


def _in_postgresql(words: list[str]) -> ColumnElement[bool]:
    query = " & ".join("(" + " | ".join(f"'{s}':*" for s in spellings(word)) + ")" for word in words)
    typed: BindParameter[str] = bindparam(None, query, unique=True)
    wanted = func.to_tsquery(literal_column("'simple'"), typed)
    return literal_column(DOCUMENT).op("@@", is_comparison=True)(wanted)


def _in_sqlite(words: list[str]) -> ColumnElement[bool]:
    query = " AND ".join("(" + " OR ".join(f'"{s}"*' for s in spellings(word)) + ")" for word in words)
    index = table("ticket_text", sql_column("rowid"))
    match = literal_column("ticket_text").op("MATCH", is_comparison=True)(bindparam(None, query, unique=True))
    return Ticket.id.in_(select(index.c.rowid).where(match))
