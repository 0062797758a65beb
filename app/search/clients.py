"""Client look-up: from two characters to ten people, in at most four statements.

A prefix is a lazy range scan of ``client_word`` that stops at ``CANDIDATES``. A scan that ends before
that has them all, and they are ranked exactly; when every word is too common, the people who called
last are walked instead, a bounded number of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import and_, exists, literal, or_, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from app.text import phone_digits, readings
from models import Client, ClientPhone, ClientWord

CANDIDATES = 500
WALKED = 2000
SHORTEST = 2
_NEVER = datetime.min.replace(tzinfo=UTC)
_LAST = "\U0010ffff"


class Exactness(IntEnum):
    """How well a client fits; the smaller the better."""

    EXACT = 0
    PREFIX = 1
    MIDDLE = 2


@dataclass(frozen=True)
class ClientHit:
    """A client who fits the query; ``phone`` is the number that matched, else the first one."""

    client: Client
    phone: str
    exactness: Exactness


def find_clients(session: Session, query: str, *, limit: int = 10) -> list[ClientHit]:
    """The clients who fit best, by exactness and then by recent contact; hidden ones never.

    ``query``: any words of the name in any order, login, the name part of the e-mail, or digits of a
    phone; typed in any layout. Fewer than two characters find nobody.
    """
    query = query.split("@", 1)[0].strip()[:100]
    if len(query) < SHORTEST:
        return []
    digits = phone_digits(query) if not any(c.isalpha() for c in query) else ""
    variants = readings(query)
    ids = _by_phone(session, digits) if len(digits) >= SHORTEST else []
    if not ids:
        ids = _by_words(session, variants)
    found = _ranked(session, ids, variants, digits, limit)
    if not found and any(len(word) > SHORTEST for words in variants for word in words):
        found = _ranked(session, _in_the_middle(session, variants), variants, digits, limit)
    return found


def _prefixed(column: Any, prefix: str) -> Any:
    return column.like(prefix + "%") if prefix else column.is_not(None)


def _range(column: Any, prefix: str, session: Session) -> Any:
    """A condition that both databases answer by a range of the index."""
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= prefix, column < prefix + _LAST)
    return _prefixed(column, prefix)


def _by_phone(session: Session, digits: str) -> Sequence[int]:
    starts = select(ClientPhone.client_id).where(_range(ClientPhone.digits, digits, session))
    ends = select(ClientPhone.client_id).where(_range(ClientPhone.tail, digits[::-1], session))
    equal = select(ClientPhone.client_id).where(ClientPhone.digits == digits)
    parts = [select(part.limit(CANDIDATES).subquery().c.client_id) for part in (equal, starts, ends)]
    return list(dict.fromkeys(session.scalars(union_all(*parts))))


def _by_words(session: Session, variants: list[list[str]]) -> Sequence[int]:
    """Ids of people with all words of a reading; the most telling word's scan stands for the reading."""
    words = sorted({word for words in variants for word in words})
    scans: list[Any] = []
    for number, word in enumerate(words):
        scan = select(ClientWord.client_id).where(_range(ClientWord.word, word, session))
        part = scan.limit(CANDIDATES + 1).subquery()
        scans.append(select(literal(number).label("number"), part.c.client_id))
    if not scans:
        return []
    found: dict[str, list[int]] = {word: [] for word in words}
    for number, client_id in session.execute(union_all(*scans)):
        found[words[number]].append(client_id)
    ids: dict[int, None] = {}
    common: list[list[str]] = []
    for reading in variants:
        shortest = min((found[word] for word in reading), key=len)
        if len(shortest) > CANDIDATES:
            common.append(reading)
        else:
            ids.update(dict.fromkeys(shortest))
    if common:
        ids.update(dict.fromkeys(_of_the_latest(session, common)))
    return list(ids)


def _has_all(reading: list[str], session: Session) -> Any:
    text = Client.search_text
    return and_(*(text.like(f"% {word}%") for word in reading))


def _of_the_latest(session: Session, variants: list[list[str]]) -> Sequence[int]:
    """People with very common words: those who called last, out of a bounded walk; else any."""
    latest = select(Client.id, Client.search_text).where(Client.is_hidden.is_(False))
    walk = latest.order_by(Client.last_contact_at.desc().nulls_last()).limit(WALKED).subquery()
    fits = or_(*(and_(*(walk.c.search_text.like(f"% {w}%") for w in words)) for words in variants))
    ids = list(session.scalars(select(walk.c.id).where(fits).limit(50)))
    if ids:
        return ids
    reading = max(variants, key=lambda words: sum(map(len, words)))
    longest = max(reading, key=len)
    others = [
        exists().where(ClientWord.client_id == Client.id, _range(ClientWord.word, word, session))
        for word in reading
        if word != longest
    ]
    query = select(ClientWord.client_id).join(Client, Client.id == ClientWord.client_id)
    query = query.where(_range(ClientWord.word, longest, session), *others).limit(50)
    return session.scalars(query).all()


def _in_the_middle(session: Session, variants: list[list[str]]) -> Sequence[int]:
    fits = or_(*(and_(*(Client.search_text.like(f"%{w}%") for w in words)) for words in variants))
    query = select(Client.id).where(fits, Client.is_hidden.is_(False)).limit(CANDIDATES)
    return session.scalars(query).all()


def _ranked(
    session: Session, ids: Sequence[int], variants: list[list[str]], digits: str, limit: int
) -> list[ClientHit]:
    """The best of the candidates, loaded with unit and phones."""
    if not ids:
        return []
    columns = (Client.id, Client.search_text, Client.is_active, Client.last_contact_at)
    rows = session.execute(select(*columns).where(Client.id.in_(ids), Client.is_hidden.is_(False)))
    ranked = []
    for client_id, text, is_active, contact in rows:
        exactness = Exactness.EXACT if digits else _exactness(text, variants)
        if exactness is not None:
            since = (contact or _NEVER).timestamp() if contact else 0.0
            ranked.append((not is_active, exactness, -since, client_id))
    best = sorted(ranked)[: limit * 3 if digits else limit]
    place = {client_id: exactness for _, exactness, _, client_id in best}
    order = {row[3]: number for number, row in enumerate(best)}
    clients = session.scalars(
        select(Client)
        .where(Client.id.in_(place))
        .options(joinedload(Client.unit), selectinload(Client.phones))
    ).all()
    hits = [_hit(client, place[client.id], digits) for client in clients]
    hits.sort(key=lambda hit: (not hit.client.is_active, hit.exactness, order[hit.client.id]))
    return hits[:limit]


def _exactness(text: str, variants: list[list[str]]) -> Exactness | None:
    words = set(text.split())
    best: Exactness | None = None
    for reading in variants:
        if all(word in words for word in reading):
            return Exactness.EXACT
        if all(f" {word}" in f" {text}" for word in reading):
            best = Exactness.PREFIX
        elif best is None and all(word in text for word in reading):
            best = Exactness.MIDDLE
    return best


def _hit(client: Client, exactness: Exactness, digits: str) -> ClientHit:
    if digits:
        for phone in sorted(client.phones, key=lambda p: (p.digits != digits, p.position)):
            if phone.digits == digits:
                return ClientHit(client, phone.number, Exactness.EXACT)
            if phone.digits.startswith(digits) or phone.digits.endswith(digits):
                return ClientHit(client, phone.number, Exactness.PREFIX)
    return ClientHit(client, client.phone, exactness)
