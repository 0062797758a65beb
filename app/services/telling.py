"""A source speaks: what it says of clients is written down, and the clients follow (app.services.claims)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.policy import Actor
from app.services.claims import (
    UNIQUE,
    Claims,
    Entry,
    apply_claims,
    free_unique,
    is_nothing,
    load_claims,
    note_change,
    resolve,
    write_claim,
)
from app.services.client_rows import add_clients
from app.services.units import UnitNames
from models import Client, ClientClaim, ImportRun, RunChange, Source, utcnow


@dataclass(frozen=True)
class Statement:
    """What a source says of a client: fields with clean values (``unit`` by name, or ``unit_id``).

    An empty value takes the source's earlier word back; only a person can say that there is nothing.
    """

    client: Client
    values: Mapping[str, Any]


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
        return {field: resolve(self.claims, field) for field in self.new if field in UNIQUE}


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
