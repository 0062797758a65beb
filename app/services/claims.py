"""What every source says of a client, and the client's columns that follow from it.

A person's word beats every import until he lets it go; among imports the directory knows names and units
best, the phone book telephones and rooms; names it shortens and misspells. Claims are kept side by side, so
that a run is taken back by taking back its claims, whatever was said before or after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import Actor
from app.services.client_rows import MOST_PHONES, add_clients, change_client
from app.services.units import UnitNames
from app.text import phone_digits
from models import Client, ClientClaim, ImportRun, RunChange, Source, utcnow

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
_UNIQUE = ("login", "object_guid")
BATCH = 500
Entry = dict[str, Any]  # {"value", "at", "run", "by"}
Claims = dict[str, dict[str, Entry]]  # source → field → entry


@dataclass(frozen=True)
class Statement:
    """What a source says of a client: fields with clean values (``unit`` by name, or ``unit_id``).

    An empty value takes the source's earlier word back; only a person can say that there is nothing.
    """

    client: Client
    values: Mapping[str, Any]


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


def tell(
    session: Session,
    statements: Sequence[Statement],
    *,
    source: Source,
    run: ImportRun | None = None,
    actor: Actor | None = None,
) -> list[bool]:
    """Write down what the source says now and change the clients accordingly.

    Returns for each statement whether the source says anything new. The clients' phones must be loaded.
    Raises Invalid when a login is taken, Conflict when a client was changed meanwhile.
    """
    teller = _Teller(session, source, run, actor)
    stored = load_claims(session, (statement.client.id for statement in statements))
    news = [teller.hear(s.client, s.values, stored.setdefault(s.client.id, {})) for s in statements]
    free_unique(session, {new.client.id: new.unique() for new in news if new})
    for new in news:
        if new is not None:
            teller.apply(new)
    return [new is not None for new in news]


@dataclass(frozen=True)
class _News:
    """What a source says anew of a client: its claims before and after in the fields that differ."""

    client: Client
    stored: dict[str, ClientClaim]
    said: dict[str, Entry]
    old: dict[str, Entry | None]
    new: dict[str, Entry | None]
    claims: Claims

    def unique(self) -> dict[str, Any]:
        """The logins and GUIDs that the client is about to get."""
        return {field: resolve(self.claims, field) for field in self.new if field in _UNIQUE}


class _Teller:
    """One source speaking in one run."""

    def __init__(self, session: Session, source: Source, run: ImportRun | None, actor: Actor | None) -> None:
        self.session, self.source, self.run, self.actor = session, source, run, actor
        self.units = UnitNames(session)

    def entry(self, value: Any) -> Entry:
        """A claim made now."""
        by = self.actor.id if self.actor else None
        run = self.run.id if self.run else None
        return {"value": value, "at": utcnow().isoformat(timespec="seconds"), "run": run, "by": by}

    def hear(self, client: Client, values: Mapping[str, Any], stored: dict[str, ClientClaim]) -> _News | None:
        """What is new in the values, with what stood there before kept; nothing of the client changes yet."""
        told = self.units.by_name(values)
        old = dict(stored[self.source].values) if self.source in stored else {}
        said = dict(old)
        for field, value in told.items():
            if is_nothing(value) and self.source is not Source.PERSON:
                said.pop(field, None)
            elif field not in old or old[field]["value"] != value:
                said[field] = self.entry(value)
        touched = [field for field in told if old.get(field) != said.get(field)]
        if not touched:
            return None
        self._keep_earlier(client, touched, stored)
        claims = {name: claim.values for name, claim in stored.items()} | {self.source: said}
        before, after = ({field: side.get(field) for field in touched} for side in (old, said))
        return _News(client, stored, said, before, after, claims)

    def apply(self, news: _News) -> None:
        """Let the client's columns follow, and write the claims and the run's change down."""
        client = news.client
        apply_claims(
            self.session, client, news.claims, news.new, units=self.units, actor=self.actor, run=self.run
        )
        write_claim(self.session, client.id, self.source, news.said, news.stored)
        if self.run is not None:
            note_change(self.session, self.run, client.id, "changed", self.source, news.old, news.new)

    def _keep_earlier(self, client: Client, touched: list[str], stored: dict[str, ClientClaim]) -> None:
        """What stood there before any source was written down must come back when the claims are gone."""
        known = {field for claim in stored.values() for field in claim.values}
        missing = [field for field in touched if field not in known]
        values = {field: self.units.value_of(client, field) for field in missing}
        kept = {f: v for f, v in values.items() if not is_nothing(v) and not (f == "is_active" and v)}
        if kept:
            at = client.created_at.isoformat(timespec="seconds")
            earlier = {field: {"value": v, "at": at, "run": None, "by": None} for field, v in kept.items()}
            old = dict(stored[Source.EARLIER].values) if Source.EARLIER in stored else {}
            write_claim(self.session, client.id, Source.EARLIER, {**old, **earlier}, stored)


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


def add_people(
    session: Session,
    people: Sequence[Mapping[str, Any]],
    *,
    source: Source,
    run: ImportRun | None = None,
    actor: Actor | None = None,
    subject: str = "",
) -> list[Client]:
    """Write new clients down, with the source of every field. The values are clean, as for :func:`tell`.

    Raises Invalid when a login is taken.
    """
    teller = _Teller(session, source, run, actor)
    said = [teller.units.by_name(values) for values in people]
    columns = [teller.units.by_id(values) for values in said]
    clients = add_clients(session, columns, actor=actor, subject=subject or (f"run {run.id}" if run else ""))
    claims, changes = [], []
    for client, values in zip(clients, said, strict=True):
        entries = {field: teller.entry(value) for field, value in values.items() if not is_nothing(value)}
        claims.append({"client_id": client.id, "source": source, "values": entries})
        if run is not None:
            change = {"run_id": run.id, "client_id": client.id, "action": "created", "source": source}
            changes.append({**change, "old": {}, "new": entries})
    if claims:
        session.execute(insert(ClientClaim), claims)
    if changes:
        session.execute(insert(RunChange), changes)
    return clients


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
    for name in _UNIQUE:
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
