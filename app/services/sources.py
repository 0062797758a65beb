"""Where each field of a client comes from, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.claims import FIELDS, ORDER, load_claims, resolve
from models import Source, Staff


@dataclass(frozen=True)
class Word:
    """What one source says of a field. ``run_id`` and ``who`` tell where it comes from, if that is known."""

    source: Source
    value: Any
    at: datetime
    run_id: int | None
    who: str


@dataclass(frozen=True)
class FieldSource:
    """Whose word counts for a field, and what others say that differs.

    ``value`` is what follows from all; telephones of several sources stand together in it, then ``is_joint``.
    ``is_pinned``: a person's word stands, and letting it go would bring another's.
    """

    field: str
    counts: Word
    others: list[Word]
    is_pinned: bool
    value: Any = None
    is_joint: bool = False


def field_sources(session: Session, client_id: int) -> dict[str, FieldSource]:
    """The sources of every field that somebody has said anything about, in two statements at most."""
    stored = load_claims(session, [client_id]).get(client_id, {})
    claims = {source: claim.values for source, claim in stored.items()}
    people = {entry["by"] for values in claims.values() for entry in values.values() if entry.get("by")}
    names: dict[int, str] = {}
    if people:
        query = select(Staff.id, Staff.first_name, Staff.last_name).where(Staff.id.in_(people))
        names = {row[0]: f"{row[1]} {row[2]}".strip() for row in session.execute(query)}
    found = {}
    for field in FIELDS:
        words = [
            _word(source, claims[source][field], names)
            for source in ORDER[field]
            if field in claims.get(source, {})
        ]
        if words:
            value = resolve(claims, field)
            others = [word for word in words[1:] if word.value != value]
            pinned = words[0].source is Source.PERSON and len(words) > 1
            joint = field == "phones" and words[0].source is not Source.PERSON and len(words) > 1
            others = words[1:] if joint else others
            found[field] = FieldSource(field, words[0], others, pinned, value, joint)
    return found


def _word(source: Source, entry: dict[str, Any], names: dict[int, str]) -> Word:
    return Word(
        source=source,
        value=entry["value"],
        at=datetime.fromisoformat(entry["at"]),
        run_id=entry.get("run"),
        who=names.get(entry.get("by") or 0, ""),
    )
