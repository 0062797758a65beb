"""Who hears of news that are about no ticket: by kind, from a person's roles at this moment.

A later kind joins by a row in :data:`_HEARD_BY` (and ``app.events.TOLD``, and its words in
``app.services.news_words``); fan-out, pop-ups and the list of news know nothing of kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import Actor, active_actors
from models import JournalEntry, RunKind


def _is_administrator(actor: Actor) -> bool:
    return actor.is_administrator


_HEARD_BY: Mapping[Kind, Callable[[Actor], bool]] = {
    Kind.RUN_STOPPED: _is_administrator,
    Kind.RUN_FAILED: _is_administrator,
}
_RUNS = frozenset({Kind.RUN_STOPPED, Kind.RUN_FAILED})


def heard_kinds(actor: Actor) -> list[Kind]:
    """The kinds of ticketless news that this person may be told of now, always in the same order."""
    return [kind for kind, may_hear in _HEARD_BY.items() if may_hear(actor)]


def listeners(session: Session, kind: str) -> set[int]:
    """Ids of all active staff who may be told of this ticketless kind now."""
    return {actor.id for actor in active_actors(session) if kind in heard_kinds(actor)}


def needs_somebody(entry: JournalEntry) -> bool:
    """Whether this ticketless entry is worth telling at all.

    Of the runs only the directory's sync, and only when nobody stands by: whoever started a run himself
    sees its end on his own page.
    """
    if entry.kind in _RUNS:
        return entry.actor_id is None and entry.new.get("kind") == RunKind.SYNC
    return entry.kind in _HEARD_BY
