"""Finding tickets that a person may see: by number, by words, and by ``from:``, ``to:``, ``topic:``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union
from sqlalchemy.orm import Session

from app.policy import Actor, is_visible
from app.search import find_clients
from app.search.tickets import contains
from app.services.boxes import LARGEST_PAGE, BoxPage, load_rows
from app.text import fold_words, swap_layout
from models import Department, Staff, Ticket, Topic

LONGEST_QUERY = 200
LARGEST_NUMBER = 2**31 - 1
PEOPLE = 50
_FIELD = re.compile(r'(?<!\S)(from|to|topic):\s*("[^"]*"|\S+)', re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """A typed search taken apart."""

    text: str = ""
    number: int | None = None
    sender: str = ""
    receiver: str = ""
    topic: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        return not (self.text or self.sender or self.receiver or self.topic)


def parse_search(typed: str) -> Wanted:
    """Take the fields out of what was typed; ``№ 5230`` and ``#5230`` are numbers."""
    fields: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        fields[match[1].lower()] = match[2].strip('"').strip()
        return " "

    typed = typed[:LONGEST_QUERY].replace("\x00", " ")  # PostgreSQL refuses it even in a question
    text = " ".join(_FIELD.sub(take, typed).split())
    digits = text.lstrip("#№ ")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else None
    return Wanted(
        text=text,
        number=number if number is not None and 0 < number <= LARGEST_NUMBER else None,
        sender=fields.get("from", ""),
        receiver=fields.get("to", ""),
        topic=fields.get("topic", ""),
    )


def search_tickets(
    session: Session, typed: str, *, actor: Actor, limit: int = 25, before_id: int | None = None
) -> BoxPage:
    """Tickets that fit, newest first, the one with the very number on top; ``after`` goes on.

    Words are looked for in title, text and topic, and as a client's name: each place is one bounded
    scan. Nothing typed finds nothing.
    """
    wanted = parse_search(typed)
    if wanted.is_empty:
        return BoxPage([])
    limit = max(1, min(limit, LARGEST_PAGE))
    common = [is_visible(actor), *_fields(session, wanted)]
    if before_id is not None:
        common.append(Ticket.id < before_id)
    scans = [
        select(select(Ticket.id).where(place, *common).order_by(Ticket.id.desc()).limit(limit + 1).subquery())
        for place in _places(session, wanted)
    ]
    if not scans:
        return BoxPage([])
    found = (union(*scans) if len(scans) > 1 else scans[0]).subquery()
    order = [found.c.id.desc()]
    if wanted.number:
        order.insert(0, (found.c.id == wanted.number).desc())
    ids = list(session.scalars(select(found.c.id).order_by(*order).limit(limit + 1)))
    tickets, unread, muted = load_rows(session, ids[:limit], actor=actor)
    after = str(min(ids[:limit])) if len(ids) > limit else ""
    return BoxPage(tickets=tickets, unread=unread, after=after, muted=muted)


def _places(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Where the free text may stand; without one, the fields alone decide."""
    if not wanted.text:
        return [Ticket.id > 0]
    places = []
    if wanted.number:
        places.append(Ticket.id == wanted.number)
    if (words := contains(session, wanted.text)) is not None:
        places.append(words)
    if clients := [hit.client.id for hit in find_clients(session, wanted.text, limit=PEOPLE)]:
        places.append(Ticket.client_id.in_(clients))
    return places


def _fields(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.sender:
        clients = [hit.client.id for hit in find_clients(session, wanted.sender, limit=PEOPLE)]
        authors = _named(session, Staff.id, Staff.first_name + " " + Staff.last_name, wanted.sender)
        conditions.append(or_(Ticket.client_id.in_(clients), Ticket.author_id.in_(authors)))
    if wanted.receiver:
        departments = _named(session, Department.id, Department.name, wanted.receiver)
        people = _named(session, Staff.id, Staff.first_name + " " + Staff.last_name, wanted.receiver)
        conditions.append(or_(Ticket.department_id.in_(departments), Ticket.assignee_id.in_(people)))
    if wanted.topic:
        topics = _named(session, Topic.id, Topic.name, wanted.topic)
        conditions.append(or_(Ticket.topic_id.in_(topics), *_typed_topics(wanted.topic)))
    return conditions


def _typed_topics(typed: str) -> list[ColumnElement[bool]]:
    """Topics in own words that begin so; SQLite knows no small and capital letters but the Latin ones."""
    forms = dict.fromkeys((typed, typed.lower(), typed.capitalize(), typed.upper()))
    return [Ticket.topic_text.istartswith(form, autoescape=True) for form in forms]


def _named(session: Session, key: Any, name: Any, typed: str) -> list[int]:
    """Ids whose name has words that begin like those typed, in any spelling and layout."""
    layouts = (typed, swap_layout(typed, "uk"), swap_layout(typed, "ru"))
    variants = [words for text in layouts if (words := fold_words(text))]
    found = []
    for number, text in session.execute(select(key, name)):
        words = fold_words(text)
        if any(all(any(w.startswith(v) for w in words) for v in variant) for variant in variants):
            found.append(number)
    return found
