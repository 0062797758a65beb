"""Who asked for a first letter and got none: kept by the journal alone, shown to administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import Actor
from app.services.first_login import LOGIN_SHOWN
from app.services.rows import LARGEST_ID
from app.services.white_list import ensure_administrator, is_pattern
from models import JournalEntry, utcnow

KEPT = timedelta(days=30)
PAGE = 20


@dataclass(frozen=True)
class Refused:
    """One request. ``can_be_listed``: the login, put on the list, would be let in next time."""

    id: int
    at: datetime
    login: str
    address: str
    reason: str
    can_be_listed: bool


@dataclass(frozen=True)
class RefusedPage:
    """Some of the requests, newest first. ``older``: what to ask for the next ones; None at the end."""

    rows: tuple[Refused, ...] = ()
    older: int | None = None


def list_refused(session: Session, *, actor: Actor, before: int | None = None) -> RefusedPage:
    """The refused requests of the last :data:`KEPT`, those older than the entry ``before``.

    Raises Forbidden for anybody but an administrator. What an administrator himself asked for again is left
    out: he was told at once, and the index of entries without an actor keeps this small.
    """
    ensure_administrator(actor)
    query = (
        select(JournalEntry)
        .where(
            JournalEntry.actor_id.is_(None),
            JournalEntry.kind == Kind.INVITATION_REFUSED,
            JournalEntry.at > utcnow() - KEPT,
        )
        .order_by(JournalEntry.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(JournalEntry.id < min(before, LARGEST_ID))
    found = list(session.scalars(query))
    return RefusedPage(
        tuple(_refused(entry) for entry in found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None
    )


def _refused(entry: JournalEntry) -> Refused:
    login, reason = str(entry.new.get("login") or ""), str(entry.new.get("reason") or "")
    return Refused(
        id=entry.id,
        at=entry.at,
        login=login,
        address=str(entry.new.get("address") or ""),
        reason=reason,
        can_be_listed=reason == "not_listed" and _is_login(login),
    )


def _is_login(text: str) -> bool:
    """Typed by a stranger: neither cut off nor a pattern that would let a whole domain in."""
    return len(text) < LOGIN_SHOWN and not text.startswith("*") and is_pattern(text)
