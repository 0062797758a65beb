"""What every source says of a client, and the client's columns that follow from it.

A person's word beats every import until he lets it go; among imports the directory knows names and units
best, the phone book telephones and rooms; names it shortens and misspells. Claims are kept side by side, so
that a run is taken back by taking back its claims, whatever was said before or after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import Actor
from app.services.client_rows import MOST_PHONES, change_client
from app.services.units import UnitNames
from app.text import phone_digits
from models import Client, ClientClaim, ImportRun, RunChange, Source

FIELDS = (
    "full_name",
    "login",
    "email",
    "unit",
    "job_title",
    "phones",
    "room",
    "note",
    "is_active",
    "object_guid",
)
_USUAL = (Source.PERSON, Source.DIRECTORY, Source.BOOK, Source.LIST, Source.EARLIER, Source.MERGED)
_AT_THE_DESK = (Source.PERSON, Source.BOOK, Source.DIRECTORY, Source.LIST, Source.EARLIER, Source.MERGED)
_NAMES = (Source.PERSON, Source.DIRECTORY, Source.LIST, Source.EARLIER, Source.MERGED, Source.BOOK)
ORDER = {f: _AT_THE_DESK if f in {"phones", "room"} else _USUAL for f in FIELDS} | {"full_name": _NAMES}
_NOTHING: dict[str, Any] = {"login": None, "email": None, "unit": None, "object_guid": None, "phones": []}
UNIQUE = ("login", "object_guid")
BATCH = 500
Entry = dict[str, Any]  # {"value", "at", "run", "by"}
Claims = dict[str, dict[str, Entry]]  # source → field → entry


def is_nothing(value: Any) -> bool:
    """Whether a value says nothing (False says something: he works here no more)."""
    return value is None or value in ("", [])


def resolve(claims: Claims, field: str) -> Any:
    """The value of a field that follows from all claims; None if nobody says anything."""
    told = [claims[source][field] for source in ORDER[field] if field in claims.get(source, {})]
    if field == "phones" and told and field not in claims.get(Source.PERSON, {}):
        numbers = {phone_digits(number): number for entry in reversed(told) for number in entry["value"]}
        ordered = [number for entry in told for number in entry["value"]]
        return [n for n in dict.fromkeys(ordered) if numbers[phone_digits(n)] == n][:MOST_PHONES]
    return told[0]["value"] if told else None


def load_claims(session: Session, client_ids: Iterable[int]) -> dict[int, dict[str, ClientClaim]]:
    """The claims of the clients by source; a client of whom nobody says anything is not in it."""
    found: dict[int, dict[str, ClientClaim]] = {}
    ids = list(client_ids)
    for start in range(0, len(ids), BATCH):
        query = select(ClientClaim).where(ClientClaim.client_id.in_(ids[start : start + BATCH]))
        for claim in session.scalars(query):
            found.setdefault(claim.client_id, {})[claim.source] = claim
    return found


def apply_claims(
    session: Session,
    client: Client,
    claims: Claims,
    fields: Iterable[str],
    *,
    units: UnitNames,
    actor: Actor | None,
    run: ImportRun | None = None,
    subject: str = "",
) -> None:
    """Set the client's columns to what follows from the claims. A name is never lost."""
    changes: dict[str, Any] = {}
    for field in fields:
        value = resolve(claims, field)
        if value is None:
            value = True if field == "is_active" else _NOTHING.get(field, "")
        if field == "unit":
            changes["unit_id"] = units.id_of(value) if value else None
        elif field != "full_name" or value:
            changes[field] = value
    change_client(session, client, changes, actor, subject or (f"run {run.id}" if run else ""))


def write_claim(
    session: Session, client_id: int, source: str, values: dict[str, Entry], stored: dict[str, ClientClaim]
) -> None:
    """Store what a source says, all of it; ``stored`` are the client's claims and is kept in step."""
    if source in stored:
        stored[source].values = values
        if not values:
            session.delete(stored.pop(source))
    elif values:
        stored[source] = ClientClaim(client_id=client_id, source=source, values=values)
        session.add(stored[source])


def note_change(
    session: Session,
    run: ImportRun,
    client_id: int,
    action: str,
    source: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    """Write down what a run does to a client, so that it can be taken back."""
    session.add(
        RunChange(
            run_id=run.id, client_id=client_id, action=action, source=source, old=dict(old), new=dict(new)
        )
    )


def release(session: Session, client: Client, field: str, *, actor: Actor) -> None:
    """Take a person's word about a field back. Raises Invalid when there is none, or nobody else knows."""
    stored = load_claims(session, [client.id]).get(client.id, {})
    said = dict(stored[Source.PERSON].values) if Source.PERSON in stored else {}
    if said.pop(field, None) is None:
        raise Invalid(_("Nobody has corrected this field."))
    claims = {name: claim.values for name, claim in stored.items()} | {Source.PERSON: said}
    if resolve(claims, field) is None:
        raise Invalid(_("No import says anything about this field."))
    apply_claims(session, client, claims, [field], units=UnitNames(session), actor=actor)
    write_claim(session, client.id, Source.PERSON, said, stored)


def free_unique(session: Session, wanted: Mapping[int, Mapping[str, Any]]) -> None:
    """Clear logins and GUIDs that are about to go from one of these clients to another.

    ``wanted``: client id → its new values. Two people may have swapped logins, and no order of single
    updates would pass the unique index.
    """
    for name in UNIQUE:
        targets = {values[name] for values in wanted.values() if values.get(name)}
        if targets:
            column = getattr(Client, name)
            moving = [client_id for client_id, values in wanted.items() if name in values]
            session.execute(
                update(Client)
                .where(column.in_(targets), Client.id.in_(moving))
                .values({name: None})
                .execution_options(synchronize_session="fetch")
            )
