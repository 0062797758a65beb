"""Conditions on the words of clients that both databases answer by their indexes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, bindparam, func, literal_column, or_, select, table, union_all
from sqlalchemy import column as sql_column
from sqlalchemy.orm import Session, aliased

from app.text import Reading
from models import Client, ClientWord

FACTS = (Client.id, Client.search_text, Client.is_active, Client.last_contact_at)
SOME = 50
PROBED = 2500
TRIGRAM = 3
_LAST = "\U0010ffff"


def starts_with(session: Session, column: Any, prefix: str) -> Any:
    """A condition that both databases answer by a range of the column's index."""
    if _on_sqlite(session):
        return and_(column >= prefix, column < prefix + _LAST)
    return column.like(prefix + "%")


def has_words(words: Iterable[str], *, text: Any = Client.search_text) -> Any:
    """Every one of the folded ``words`` begins a word of the client."""
    return and_(*(text.like(f"% {word}%") for word in words))


def has_parts(words: Iterable[str], *, text: Any = Client.search_text) -> Any:
    """Every one of the folded ``words`` is somewhere in the client's words."""
    return and_(*(text.like(f"%{word}%") for word in words))


def holds_words(session: Session, variants: list[Reading]) -> Any:
    """:func:`has_parts` of one of the readings, answered by trigrams of pg_trgm or FTS5.

    Each reading needs a word of three letters or more: shorter ones have no index.
    """
    if _on_sqlite(session):
        return or_(*(_in_sqlite(reading.words) for reading in variants))
    return or_(*(has_parts(reading.words) for reading in variants))


def having_all(session: Session, variants: list[Reading], wanted: int) -> Any:
    """Facts of some people who have all words of a reading, each of them common.

    All of them if they are few. A bounded number of people with the longest word are probed one by one,
    which ends early where the words often meet; PostgreSQL intersects whole ranges only where they do not.
    """
    probes = [_probed(session, reading) for reading in variants]
    some = union_all(*(select(probe.c.client_id) for probe in probes))
    known = select(*FACTS).where(Client.is_hidden.is_(False))
    if _on_sqlite(session):
        return known.where(Client.id.in_(some))
    few = some.cte("few")
    enough = select(func.count()).select_from(few).scalar_subquery() >= wanted
    rest = union_all(*(_intersected(session, reading, ~enough) for reading in variants))
    return union_all(*(known.where(Client.id.in_(ids)) for ids in (select(few.c.client_id), rest)))


def _probed(session: Session, reading: Reading) -> Any:
    """Ids out of the first people with the longest word; in SQLite, whose probes are cheap, out of all.

    The subqueries with a limit keep PostgreSQL from reading whole ranges into a hash.
    """
    longest, *others = sorted(reading.words, key=len, reverse=True)
    led = aliased(ClientWord)
    scan = select(led.client_id).where(starts_with(session, led.word, longest))
    first = scan.limit(None if _on_sqlite(session) else PROBED).subquery()
    query = select(first.c.client_id)
    for word in others:
        same = select(ClientWord.client_id).where(ClientWord.client_id == first.c.client_id)
        # the empty text keeps the databases from the index of words: a person has few words, a range many
        probe = same.where((ClientWord.word + "").like(f"{word}%")).limit(1).scalar_subquery()
        query = query.where(probe.is_not(None))
    return query.limit(SOME).subquery()


def _intersected(session: Session, reading: Reading, condition: Any) -> Any:
    """Ids out of all people with the words, if the condition, which concerns no row, holds."""
    ranges = []
    for word in reading.words:
        led = aliased(ClientWord)
        ranges.append((led, select(led.client_id).where(condition, starts_with(session, led.word, word))))
    (led, query), *others = ranges
    for _led, other in others:
        query = query.where(led.client_id.in_(other))
    return select(query.limit(SOME).subquery().c.client_id)


def _in_sqlite(words: Iterable[str]) -> Any:
    parts = " AND ".join(f'"{word}"' for word in words if len(word) >= TRIGRAM)
    index = table("client_text", sql_column("rowid"))
    match = literal_column("client_text").op("MATCH", is_comparison=True)(bindparam(None, parts, unique=True))
    return and_(Client.id.in_(select(index.c.rowid).where(match)), has_parts(words))


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
