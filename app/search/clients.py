"""Client look-up: from two characters to ten people, in at most four statements.

A prefix is a lazy range scan of ``client_word`` that stops at ``CANDIDATES``; it begins with the exact word.
A scan that ends before that has them all, and they are ranked exactly. When every word is too common, the
people who called last are walked too, a bounded number of them; when these are too few, the words are
intersected. Only when no word begins so, the middles of words are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import literal, or_, select, text, union_all
from sqlalchemy.orm import Session, joinedload

from app.search.terms import FACTS, SOME, TRIGRAM, has_parts, has_words, having_all, holds_words, starts_with
from app.text import Reading, is_phone, phone_digits, understand
from models import Client, ClientPhone, ClientWord

CANDIDATES = 120
WALKED = 1000
SHORTEST = 2
LONGEST = 100


class Exactness(IntEnum):
    """How well a client fits; the smaller the better."""

    EXACT = 1
    PREFIX = 2
    MIDDLE = 3


@dataclass(frozen=True)
class ClientHit:
    """A client who fits the query; ``phone`` is the number that matched, else the first one."""

    client: Client
    phone: str
    exactness: Exactness


@dataclass(frozen=True)
class Candidate:
    """What the ranking needs to know of a client."""

    id: int
    is_active: bool
    contact: datetime | None
    exactness: Exactness
    is_guess: bool = False

    @property
    def rank(self) -> tuple[bool, bool, int, float, int]:
        """Who works here first, then what was typed before other layouts, exactness, recent contact."""
        since = -self.contact.timestamp() if self.contact else 0.0
        return not self.is_active, self.is_guess, self.exactness, since, self.id


def find_clients(session: Session, query: str, *, limit: int = 10) -> list[ClientHit]:
    """The clients who fit best, by exactness and then by recent contact; hidden ones never.

    ``query``: any words of the name in any order, login, the name part of the e-mail, or digits of a
    phone; typed in any layout. Fewer than two characters find nobody.
    """
    query = query.split("@", 1)[0].strip()[:LONGEST]
    if len(query) < SHORTEST:
        return []
    digits = phone_digits(query) if is_phone(query) else ""
    found = _by_phone(session, digits) if len(digits) >= SHORTEST else []
    if not found:
        digits = ""
        variants = [reading for reading in understand(query) if len(reading.longest) >= SHORTEST]
        found = _by_words(session, variants, limit)
    best = sorted(found, key=lambda candidate: candidate.rank)[:limit]
    return _loaded(session, best, digits)


def with_phone(session: Session, digits: str) -> list[Any]:
    """Selects of client ids by a number that is, begins or ends with ``digits``, best first."""
    ways = (
        ClientPhone.digits == digits,
        starts_with(session, ClientPhone.digits, digits),
        starts_with(session, ClientPhone.tail, digits[::-1]),
    )
    return [select(ClientPhone.client_id, ClientPhone.digits).where(way) for way in ways]


def _by_phone(session: Session, digits: str) -> list[Candidate]:
    ways = [way.limit(CANDIDATES).subquery() for way in with_phone(session, digits)]
    numbers = union_all(*(select(way.c.client_id, way.c.digits) for way in ways)).subquery()
    query = select(*FACTS, numbers.c.digits).join(numbers, numbers.c.client_id == Client.id)
    found: dict[int, Candidate] = {}
    for client_id, _text, is_active, contact, number in session.execute(
        query.where(Client.is_hidden.is_(False))
    ):
        exactness = Exactness.EXACT if number == digits else Exactness.PREFIX
        if client_id not in found or exactness < found[client_id].exactness:
            found[client_id] = Candidate(client_id, is_active, contact, exactness)
    return list(found.values())


def _by_words(session: Session, variants: list[Reading], limit: int) -> list[Candidate]:
    if not variants:
        return []
    ids, common = _scanned(session, variants)
    if not ids and not common:
        return _in_the_middle(session, variants, limit)
    statements = []
    if ids:
        statements.append(select(*FACTS).where(Client.id.in_(ids), Client.is_hidden.is_(False)))
    if common:
        walk = _callers()
        fits = or_(*(has_words(reading.words, text=walk.c.search_text) for reading in common))
        statements.append(select(*select(*walk.c).where(fits).limit(SOME).subquery().c))
    found = _fitting(session.execute(union_all(*statements)), variants)
    pairs = [reading for reading in common if len(reading.words) > 1]
    if pairs and len(found) < limit:
        found |= _fitting(session.execute(having_all(session, pairs, limit)), variants)
    return list(found.values())


def _scanned(session: Session, variants: list[Reading]) -> tuple[list[int], list[Reading]]:
    """Ids of all people with a reading's most telling word, and the readings with common words only.

    Of a single common word the first ids are given too: those who have exactly it.
    """
    words = sorted({word for reading in variants for word in reading.words})
    scans = []
    for number, word in enumerate(words):
        scan = select(ClientWord.client_id).where(starts_with(session, ClientWord.word, word))
        part = scan.order_by(_word_order(session)).limit(CANDIDATES + 1).subquery()
        scans.append(select(literal(number).label("number"), part.c.client_id))
    found: dict[str, list[int]] = {word: [] for word in words}
    for number, client_id in session.execute(union_all(*scans)):
        found[words[number]].append(client_id)
    ids: dict[int, None] = {}
    common = []
    for reading in variants:
        shortest = min((found[word] for word in reading.words), key=len)
        if len(shortest) > CANDIDATES:
            common.append(reading)
            ids.update(dict.fromkeys(shortest[:SOME] if len(reading.words) == 1 else ()))
        else:
            ids.update(dict.fromkeys(shortest))
    return list(ids), common


def _word_order(session: Session) -> Any:
    """The order of the prefix index: without it PostgreSQL would read the whole range and sort it."""
    return (
        ClientWord.word if session.get_bind().dialect.name == "sqlite" else text("client_word.word USING ~<~")
    )


def _callers() -> Any:
    """The people who called last, a bounded number of them."""
    latest = select(*FACTS).where(Client.last_contact_at.is_not(None), Client.is_hidden.is_(False))
    return latest.order_by(Client.last_contact_at.desc()).limit(WALKED).subquery()


def _in_the_middle(session: Session, variants: list[Reading], limit: int) -> list[Candidate]:
    """People with the words somewhere in theirs: out of the last callers, else out of all."""
    variants = [reading for reading in variants if len(reading.longest) >= TRIGRAM]
    if not variants:
        return []
    walk = _callers()
    fits = or_(*(has_parts(reading.words, text=walk.c.search_text) for reading in variants))
    found = _fitting(session.execute(select(*walk.c).where(fits).limit(SOME)), variants)
    if len(found) < limit:
        everywhere = select(*FACTS).where(holds_words(session, variants), Client.is_hidden.is_(False))
        found |= _fitting(session.execute(everywhere.limit(CANDIDATES)), variants)
    return list(found.values())


def _fitting(rows: Iterable[Any], variants: list[Reading]) -> dict[int, Candidate]:
    """The rows that really have all words of a reading."""
    found = {}
    for client_id, words, is_active, contact in rows:
        ways = [
            (reading.is_guess, exactness) for reading in variants if (exactness := _exactness(words, reading))
        ]
        if ways:
            is_guess, exactness = min(ways)
            found[client_id] = Candidate(client_id, is_active, contact, exactness, is_guess)
    return found


def _exactness(words: str, reading: Reading) -> Exactness | None:
    if all(f" {word} " in f"{words} " for word in reading.words):
        return Exactness.EXACT
    if all(f" {word}" in words for word in reading.words):
        return Exactness.PREFIX
    return Exactness.MIDDLE if all(word in words for word in reading.words) else None


def _loaded(session: Session, best: Sequence[Candidate], digits: str) -> list[ClientHit]:
    """The clients with unit and phones, in the order given."""
    if not best:
        return []
    query = select(Client).where(Client.id.in_([candidate.id for candidate in best]))
    query = query.options(joinedload(Client.unit), joinedload(Client.phones))
    clients = {client.id: client for client in session.scalars(query).unique()}
    hits = [(clients[candidate.id], candidate.exactness) for candidate in best if candidate.id in clients]
    return [ClientHit(client, _fitting_phone(client, digits), exactness) for client, exactness in hits]


def _fitting_phone(client: Client, digits: str) -> str:
    if not digits:
        return client.phone
    ways = (str.__eq__, str.startswith, str.endswith)
    numbers = (phone.number for way in ways for phone in client.phones if way(phone.digits, digits))
    return next(numbers, client.phone)
