"""A run taken back as a whole: its claims go, whatever was said before or after it stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, Invalid
from app.events import Kind, record
from app.policy import Actor
from app.services.book_rows import follow_undone
from app.services.claims import (
    UNIQUE,
    Claims,
    Entry,
    apply_claims,
    free_unique,
    load_claims,
    resolve,
    write_claim,
)
from app.services.client_rows import forget_clients
from app.services.merging import chain_above, take_back_merge
from app.services.runs import access_run, begin_writing
from app.services.taken_over import Gone, drop_numbers, gone_values, only_new, without_double
from app.services.units import UnitNames
from models import (
    Client,
    ClientClaim,
    DirectorySource,
    ImportRun,
    RunChange,
    RunKind,
    RunStage,
    Source,
    rows_changed,
    utcnow,
)

BATCH = 200  # the session looks through all it remembers at every change
DONE = (RunStage.APPLIED, RunStage.FAILED)
HEARD_OF_ELSEWHERE = frozenset({Source.DIRECTORY, Source.BOOK, Source.LIST, Source.MERGED})


def undo_run(session: Session, run_id: int, *, actor: Actor) -> dict[str, int]:
    """Take back everything a run did, and the decisions made about its rows; one transaction.

    What a person or a later run has said since stays. Clients whom the run made are hidden, unless tickets or
    calls were written for them, a person has corrected them, or they were merged: those stay, and are
    counted as ``kept``. The run's ``details`` keep
    the numbers as ``taken_back``.
    Raises Forbidden, NotFound; Invalid for a run that changed nothing, Conflict when another run writes now.
    """
    run = access_run(session, run_id, actor=actor)
    if run.stage not in DONE:
        raise Invalid(_("Only a run that is done can be taken back."))
    begin_writing(session, None)
    counts: Counter[str] = Counter()
    children = select(ImportRun).where(ImportRun.parent_id == run.id, ImportRun.stage.in_(DONE))
    for child in session.scalars(children.order_by(ImportRun.id.desc())).all():
        counts += _take_back(session, child, actor)
    counts += _take_back(session, run, actor)
    run.details = {**run.details, "taken_back": dict(counts)}
    return dict(counts)


def _take_back(session: Session, run: ImportRun, actor: Actor) -> Counter[str]:
    claimed = session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id, ImportRun.stage.in_(DONE))
        .values(stage=RunStage.UNDONE, undone_at=utcnow(), undone_by_id=actor.id)
        .execution_options(synchronize_session="fetch")
    )
    if rows_changed(claimed) != 1:
        raise Conflict(_("Somebody has taken this run back already."))
    counts: Counter[str] = Counter()
    _free_swapped(session, run.id)
    before: int | None = None
    while batch := _next_changes(session, run.id, before):
        counts += _Reversal(session, run, actor).take_back(batch)
        before = batch[-1].id
    if run.kind in (RunKind.BOOK, RunKind.JOIN, RunKind.MERGE):
        follow_undone(session, run, actor=actor)
    if run.kind == RunKind.SYNC:  # the next sync must read everything again
        session.execute(update(DirectorySource).values(cursor={}))
    new = {"run": run.id, "kind": run.kind, "title": run.title, **counts}
    record(session, Kind.RUN_UNDONE, actor=actor, subject=f"run {run.id}", new=new)
    return counts


def _free_swapped(session: Session, run_id: int) -> None:
    """Clear what the run has handed from one client to another: they may stand in different batches."""
    query = select(RunChange).where(RunChange.run_id == run_id, RunChange.action == "changed")
    changes = [row for row in session.scalars(query) if any(row.new.get(field) for field in UNIQUE)]
    stored = load_claims(session, {row.client_id for row in changes})
    for field in UNIQUE:
        given = {row.client_id: row.new[field]["value"] for row in changes if row.new.get(field)}
        wanted = {_before(row, field, stored) for row in changes if row.new.get(field)}
        ids = [number for number, value in given.items() if value in wanted]
        for start in range(0, len(ids), BATCH):
            free_unique(session, {number: {field: given[number]} for number in ids[start : start + BATCH]})


def _before(change: RunChange, field: str, stored: Mapping[int, Mapping[str, ClientClaim]]) -> Any:
    """The value that a client has without what a run said of him."""
    claims = {source: dict(claim.values) for source, claim in stored.get(change.client_id, {}).items()}
    said = claims.get(change.source, {})
    if said.get(field) == change.new[field]:
        said.pop(field)
        if old := change.old.get(field):
            said[field] = old
    return resolve(claims, field)


def _next_changes(session: Session, run_id: int, before: int | None) -> Sequence[RunChange]:
    query = select(RunChange).where(RunChange.run_id == run_id)
    if before is not None:
        query = query.where(RunChange.id < before)
    return session.scalars(query.order_by(RunChange.id.desc()).limit(BATCH)).all()


class _Reversal:
    """Some changes of one run, the latest first."""

    def __init__(self, session: Session, run: ImportRun, actor: Actor) -> None:
        self.session, self.run, self.actor = session, run, actor
        self.subject = f"undo of run {run.id}"
        self.units = UnitNames(session)
        self.touched: dict[int, set[str]] = {}
        self.counts: Counter[str] = Counter()
        self.gone: list[Client] = []
        self.with_doubles: set[int | None] = set()
        self.parted: list[tuple[int, Gone]] = []
        self.clients: dict[int, Client] = {}
        self.stored: dict[int, dict[str, ClientClaim]] = {}

    def take_back(self, changes: Sequence[RunChange]) -> Counter[str]:
        ids = {change.client_id for change in changes}
        ids |= {change.new["into"] for change in changes if change.action == "merged"}
        self._load(ids)
        for change in changes:
            if change.action == "merged":
                self._part(change)
            elif change.action == "created" and self._is_only_ours(change):
                self._take_out(change)
            elif change.source != Source.MERGED:  # these went with the double
                self._restore(change)
        forget_clients(self.session, self.gone, actor=self.actor, subject=self.subject)
        self._apply()
        for client_id, gone in self.parted:
            self._give_up_above(client_id, gone)
        return self.counts

    def _load(self, ids: Collection[int]) -> None:
        query = select(Client).where(Client.id.in_(ids)).options(selectinload(Client.phones))
        self.clients |= {client.id: client for client in self.session.scalars(query)}
        self.stored |= load_claims(self.session, ids)
        into = select(Client.merged_into_id).where(Client.merged_into_id.in_(ids))
        self.with_doubles = set(self.session.scalars(into))

    def _part(self, change: RunChange) -> None:
        """Two people again: what the one who stays has from this double goes, also further up a chain."""
        take_back_merge(self.session, change, actor=self.actor)
        self.counts["unmerged"] += 1
        gone = gone_values(self.session, change, self.clients[change.client_id])
        self._give_up(change.new["into"], gone)
        self.parted.append((change.new["into"], gone))

    def _give_up_above(self, client_id: int, gone: Gone) -> None:
        """The one who stayed may be a double himself by now: what came to others through him goes too."""
        for above in chain_above(self.session, client_id):
            self.touched.clear()
            self._load([above])
            self._give_up(above, gone)
            self._apply()

    def _give_up(self, client_id: int, gone: Gone) -> None:
        stored = self.stored.setdefault(client_id, {})
        if Source.MERGED in stored:
            said = without_double(self.session, client_id, stored[Source.MERGED].values, gone)
            write_claim(self.session, client_id, Source.MERGED, said, stored)
            self.touched.setdefault(client_id, set()).update(gone)

    def _is_only_ours(self, change: RunChange) -> bool:
        others = HEARD_OF_ELSEWHERE - {change.source}
        return not others & self.stored.get(change.client_id, {}).keys()

    def _take_out(self, change: RunChange) -> None:
        client = self.clients[change.client_id]
        if self._is_needed(client):
            self.counts["kept"] += 1
            return
        self.touched.pop(client.id, None)
        self.gone.append(client)
        self.counts["removed"] += 1

    def _is_needed(self, client: Client) -> bool:
        """Whether something hangs on a client: contacts, a person's word, or another half of himself."""
        spoken_of = Source.PERSON in self.stored.get(client.id, {})
        merged = client.merged_into_id is not None or client.id in self.with_doubles
        return bool(client.tickets_count or client.calls_count or spoken_of or merged)

    def _restore(self, change: RunChange) -> None:
        """Put the source's earlier words back where this run's are still the last ones."""
        stored = self.stored.setdefault(change.client_id, {})
        said = dict(stored[change.source].values) if change.source in stored else {}
        for field, entry in change.new.items():
            if said.get(field) != entry:
                if field == "phones" and change.source == Source.PERSON:
                    self._part_numbers(change, said)
                self._hand_on(change, field)
            elif (old := change.old.get(field)) is None:
                said.pop(field, None)
            else:
                said[field] = old
        write_claim(self.session, change.client_id, change.source, said, stored)
        self.touched.setdefault(change.client_id, set()).update(change.new)

    def _hand_on(self, change: RunChange, field: str) -> None:
        """A later run spoke after this one: should it be taken back too, it must find what was before us."""
        for row in self._later(change):
            if field in row.new:
                row.old = {**row.old, field: change.old.get(field)}
                return

    def _later(self, change: RunChange) -> Sequence[RunChange]:
        later = select(RunChange).where(
            RunChange.client_id == change.client_id,
            RunChange.source == change.source,
            RunChange.id > change.id,
            RunChange.run_id != change.run_id,
        )
        return self.session.scalars(later.order_by(RunChange.id)).all()

    def _part_numbers(self, change: RunChange, said: dict[str, Entry]) -> None:
        """Later merges have joined their doubles' numbers to this one's: take out what came from here."""
        his = [number for _client_id, gone in self.parted for number in gone.get("phones", [])]
        added = [n for n in only_new(change.old.get("phones"), change.new["phones"]) if n in his]
        if said.get("phones", {}).get("run") is None:
            return  # a person has written the list since, or has let it go
        said["phones"] = drop_numbers(said["phones"], added)
        for row in self._later(change):
            for side in ("old", "new"):
                values = getattr(row, side)
                if values.get("phones"):
                    setattr(row, side, {**values, "phones": drop_numbers(values["phones"], added)})

    def _apply(self) -> None:
        """Let the clients' columns follow from the claims that are left."""
        claims: dict[int, Claims] = {
            client_id: {source: claim.values for source, claim in self.stored[client_id].items()}
            for client_id in self.touched
        }
        free_unique(self.session, {i: self._unique(claims[i], fields) for i, fields in self.touched.items()})
        self._give_up_taken(claims)
        for client_id, fields in self.touched.items():
            client = self.clients[client_id]
            version = client.version
            apply_claims(
                self.session,
                client,
                claims[client_id],
                fields,
                units=self.units,
                actor=self.actor,
                subject=self.subject,
            )
            self.counts["restored"] += client.version != version

    def _give_up_taken(self, claims: Mapping[int, Claims]) -> None:
        """A login that somebody else has got since stays his: the run is taken back all the same."""
        for field in UNIQUE:
            wanted = {resolve(claims[i], field): i for i, fields in self.touched.items() if field in fields}
            column = getattr(Client, field)
            query = select(column, Client.id).where(column.in_([value for value in wanted if value]))
            for value, holder in self.session.execute(query).all():
                if (client_id := wanted[value]) != holder:
                    for source, said in claims[client_id].items():
                        left = {name: e for name, e in said.items() if name != field or e["value"] != value}
                        claims[client_id][source] = left
                        write_claim(self.session, client_id, source, left, self.stored[client_id])
                    self.counts["without_login"] += field == "login"

    @staticmethod
    def _unique(claims: Claims, fields: set[str]) -> Mapping[str, Any]:
        return {field: resolve(claims, field) for field in fields & {"login", "object_guid"}}
