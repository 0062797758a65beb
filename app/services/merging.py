"""Two clients who are one person: the double's tickets and calls move, and can move back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, Invalid, NotFound
from app.events import Kind, record
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.claims import note_change
from app.services.client_lock import lock_clients
from app.services.client_rows import change_client, reindex_client
from app.services.runs import begin_writing, finish_run, start_run
from app.services.taken_over import take_over
from models import BookRow, Call, Client, ImportRun, RunChange, RunKind, RunStage, Ticket, TwinPair

BATCH = 500
_HISTORY: dict[str, Any] = {"tickets": Ticket, "calls": Call, "rows": BookRow}


def merge_clients(
    session: Session, client_id: int, double_id: int, *, actor: Actor
) -> tuple[Client, ImportRun]:
    """Make one of two clients; returns who stays and the run that can be taken back.

    The one whom the directory knows stays, else the one with a login, else ``client_id``.
    Raises Forbidden, NotFound; Invalid for one and the same or a hidden client; Conflict for one who is
    merged already.
    """
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    if client_id == double_id:
        raise Invalid(_("Choose two different clients."))
    begin_writing(session, None)  # before the clients, as every run does: nobody waits in a ring
    lock_clients(session, (client_id, double_id))
    stays, double = (_load(session, number) for number in (client_id, double_id))
    stays, double = who_stays(stays, double)
    run = start_run(session, RunKind.MERGE, title=f"{double.full_name} → {stays.full_name}", actor=actor)
    begin_writing(session, run)
    moved = _move_history(session, double.id, stays.id)
    take_over(session, stays, double, run=run, actor=actor)
    was = {"is_hidden": double.is_hidden}
    change_client(session, double, {"is_hidden": True, "merged_into_id": stays.id}, actor, f"run {run.id}")
    note_change(session, run, double.id, "merged", "", was, {"into": stays.id, **moved})
    _after(session, stays, double)
    session.execute(TwinPair.__table__.delete().where(_is_pair(stays.id, double.id)))
    counts = {"tickets": len(moved["tickets"]), "calls": len(moved["calls"])}
    finish_run(session, run, counts=counts, actor=actor)
    facts = {"double": double.id, "into": stays.id, "run": run.id, **counts}
    for client in (double, stays):
        record(
            session, Kind.CLIENT_MERGED, actor=actor, client_id=client.id, new={"double": double.id, **facts}
        )
    return stays, run


def who_stays(one: Client, other: Client) -> tuple[Client, Client]:
    """Who stays of two clients, and who goes: see :func:`merge_clients`."""
    return (other, one) if _standing(other) > _standing(one) else (one, other)


def take_back_merge(session: Session, change: RunChange, *, actor: Actor) -> None:
    """Two clients again: what was moved goes back, what came since stays with the one who stayed."""
    new: dict[str, Any] = change.new
    double = _load_any(session, change.client_id)
    stays = _load_any(session, new["into"])
    above = chain_above(session, stays.id)
    holder = above[-1] if above else stays.id
    given = {
        name: _give_back(session, table, new[name], holder, double.id) for name, table in _HISTORY.items()
    }
    _forget_moved(session, [stays.id, *above], given)
    change_client(
        session,
        double,
        {"is_hidden": bool(change.old["is_hidden"]), "merged_into_id": None},
        actor,
        f"undo of run {change.run_id}",
    )
    _after(session, double, stays, *(_load_any(session, number) for number in above))
    for client in (double, stays):
        facts = {"double": double.id, "into": stays.id, "run": change.run_id}
        record(session, Kind.CLIENT_UNMERGED, actor=actor, client_id=client.id, new=facts)


def chain_above(session: Session, client_id: int) -> list[int]:
    """With whom a client was merged, with whom that one was, and so on to the one who has the history now."""
    chain = [client_id]
    while (into := session.scalar(select(Client.merged_into_id).where(Client.id == chain[-1]))) is not None:
        if into in chain:
            break
        chain.append(into)
    return chain[1:]


def survivor_id(session: Session, client_id: int) -> int:
    """The client with whom this one's history is now; himself if he was never merged."""
    seen = set()
    while client_id not in seen:
        seen.add(client_id)
        into = session.scalar(select(Client.merged_into_id).where(Client.id == client_id))
        if into is None:
            break
        client_id = into
    return client_id


def survivors(session: Session, client_ids: Iterable[int]) -> dict[int, int]:
    """The same for many at once: for each client the one with whom his history is now, maybe himself."""
    wanted = set(client_ids)
    into: dict[int, int] = {}
    asked: set[int] = set()
    while ask := sorted((wanted | set(into.values())) - asked):
        asked.update(ask)
        for start in range(0, len(ask), 500):
            merged = select(Client.id, Client.merged_into_id).where(
                Client.id.in_(ask[start : start + 500]), Client.merged_into_id.is_not(None)
            )
            into.update({row[0]: row[1] for row in session.execute(merged) if row[1] is not None})
    return {client_id: _last_of(into, client_id) for client_id in wanted}


def _last_of(into: Mapping[int, int], client_id: int) -> int:
    seen = {client_id}
    while (following := into.get(client_id)) is not None and following not in seen:
        seen.add(following)
        client_id = following
    return client_id


def _load_any(session: Session, client_id: int) -> Client:
    query = select(Client).where(Client.id == client_id).options(selectinload(Client.phones))
    client = session.scalars(query).one_or_none()
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def _load(session: Session, client_id: int) -> Client:
    client = _load_any(session, client_id)
    if client.merged_into_id is not None:
        raise Conflict(_("%(name)s was merged already.", name=client.full_name), current=client.version)
    if client.is_hidden:
        text = _("%(name)s is hidden. Choose a client whom the search finds.", name=client.full_name)
        raise Invalid(text)
    return client


def _standing(client: Client) -> tuple[bool, bool]:
    return client.object_guid is not None, client.login is not None


def _move_history(session: Session, source: int, target: int) -> dict[str, list[int]]:
    """Move everything that hangs on a client; returns what was moved, by table."""
    moved: dict[str, list[int]] = {}
    for name, table in _HISTORY.items():
        moved[name] = list(session.scalars(select(table.id).where(table.client_id == source)))
        _set_owner(session, table, moved[name], target)
    return moved


def _give_back(session: Session, table: Any, ids: Iterable[int], holder: int, owner: int) -> set[int]:
    """Return what the holder of the history still has of these; a person may have moved the rest since."""
    wanted = list(ids)
    held: list[int] = []
    for start in range(0, len(wanted), BATCH):
        part = table.id.in_(wanted[start : start + BATCH])
        held += session.scalars(select(table.id).where(part, table.client_id == holder))
    _set_owner(session, table, held, owner)
    return set(held)


def _forget_moved(session: Session, chain: list[int], given: Mapping[str, set[int]]) -> None:
    """Merges further up took along what is with its own person again: their undo must leave it with him."""
    merges = (
        select(RunChange)
        .join(ImportRun, (ImportRun.id == RunChange.run_id) & (ImportRun.stage == RunStage.APPLIED))
        .where(RunChange.client_id.in_(chain), RunChange.action == "merged")
    )
    for change in session.scalars(merges):
        left = {name: [i for i in change.new[name] if i not in ids] for name, ids in given.items()}
        change.new = {**change.new, **left}


def _set_owner(session: Session, table: Any, ids: Iterable[int], client_id: int) -> None:
    wanted = list(ids)
    for start in range(0, len(wanted), BATCH):
        session.execute(
            update(table)
            .where(table.id.in_(wanted[start : start + BATCH]))
            .values(client_id=client_id)
            .execution_options(synchronize_session="fetch")
        )


def _after(session: Session, *clients: Client) -> None:
    """Counters and the look-up's words follow the histories."""
    for client in clients:
        # new tickets are counted in SQL, past this session: what it remembers may be old
        session.refresh(client, ["tickets_count", "calls_count", "last_contact_at"])
        totals = [
            session.execute(
                select(func.count(), func.max(table.created_at)).where(table.client_id == client.id)
            ).one()
            for table in (Ticket, Call)
        ]
        client.tickets_count, client.calls_count = totals[0][0], totals[1][0]
        client.last_contact_at = max((moment for _number, moment in totals if moment), default=None)
        session.flush()
        reindex_client(session, client)


def _is_pair(one: int, other: int) -> Any:
    return (TwinPair.client_id == min(one, other)) & (TwinPair.other_id == max(one, other))
