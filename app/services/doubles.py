"""Clients who may be written down twice: pairs found by a job, looked at by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.errors import Invalid, NotFound
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.rows import find_row
from models import Client, TwinPair, utcnow


@dataclass(frozen=True)
class Suspicion:
    """Two clients who may be one; ``score`` 0 … 100, ``evidence`` codes of import_tools.joining."""

    client_id: int
    other_id: int
    score: int
    evidence: tuple[str, ...]


def keep_suspicions(session: Session, found: Iterable[Suspicion]) -> int:
    """Replace the open pairs by those found now, and return how many there are; dismissed ones stay so."""
    decided = select(TwinPair.client_id, TwinPair.other_id).where(TwinPair.dismissed_at.is_not(None))
    dismissed = {(row[0], row[1]) for row in session.execute(decided)}
    session.execute(delete(TwinPair).where(TwinPair.dismissed_at.is_(None)))
    rows = {}
    for pair in found:
        key = min(pair.client_id, pair.other_id), max(pair.client_id, pair.other_id)
        if key not in dismissed:
            rows[key] = {"score": pair.score, "evidence": list(pair.evidence)}
    if rows:
        session.execute(
            insert(TwinPair),
            [{"client_id": one, "other_id": other, **values} for (one, other), values in rows.items()],
        )
    return len(rows)


def list_doubles(session: Session, *, actor: Actor, limit: int = 25, offset: int = 0) -> Sequence[TwinPair]:
    """Open pairs of clients who are both still there, the likeliest first. Raises Forbidden."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    query = _open_pairs(select(TwinPair))
    query = query.order_by(TwinPair.score.desc(), TwinPair.client_id, TwinPair.other_id)
    people = [
        joinedload(side).options(joinedload(Client.unit), selectinload(Client.phones))
        for side in (TwinPair.client, TwinPair.other)
    ]
    return session.scalars(query.options(*people).limit(limit).offset(offset)).all()


def count_doubles(session: Session) -> int:
    """How many pairs wait for a look: as many as :func:`list_doubles` has."""
    return session.scalar(_open_pairs(select(func.count()).select_from(TwinPair))) or 0


def dismiss_double(session: Session, client_id: int, other_id: int, *, actor: Actor) -> None:
    """These two are two people, whether somebody has suspected them yet or not.

    Raises Forbidden, NotFound; Invalid for one and the same.
    """
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    if client_id == other_id:
        raise Invalid(_("Choose two different clients."))
    if any(find_row(session, Client, number) is None for number in (client_id, other_id)):
        raise NotFound(_("There is no such client."))
    one, other = sorted((client_id, other_id))
    word = {"dismissed_at": utcnow(), "dismissed_by_id": actor.id}
    try:
        with session.begin_nested():
            session.execute(
                insert(TwinPair).values(client_id=one, other_id=other, score=0, evidence=[], **word)
            )
    except IntegrityError:  # the usual case: the pair was suspected
        session.execute(
            update(TwinPair)
            .where(TwinPair.client_id == one, TwinPair.other_id == other)
            .values(**word)
            .execution_options(synchronize_session=False)
        )


def _open_pairs(query: Select[Any]) -> Select[Any]:
    """Only the pairs that nobody has dismissed, of clients who are both still there."""
    one, other = aliased(Client), aliased(Client)
    return (
        query.join(one, one.id == TwinPair.client_id)
        .join(other, other.id == TwinPair.other_id)
        .where(TwinPair.dismissed_at.is_(None), one.is_hidden.is_(False), other.is_hidden.is_(False))
    )
