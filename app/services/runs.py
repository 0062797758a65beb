"""Runs: what an import, a sync, a join or a merge did to the client base, from its start to its end."""

from __future__ import annotations

import time
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.orm import Session, joinedload

from app.errors import Conflict, HelpdeskError, Invalid, NotFound
from app.events import Kind, record, unit_of_work
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.rows import is_id
from models import Client, ImportRun, RunChange, RunKind, RunStage, rows_changed, utcnow

MOST_NOTES = 2000
CHANGES_SHOWN = 50
PATIENCE = 5.0  # seconds; SQLite waits as long for its one writer
PAUSE = 0.05  # seconds
OPEN = (RunStage.RUNNING, RunStage.WAITING)
_LOCK = zlib.crc32(b"helpdesk client base")


@dataclass(frozen=True)
class Difference:
    """One client whom a run changed: (field, before, after) as its source said."""

    client: Client
    action: str
    source: str
    values: list[tuple[str, Any, Any]]


def start_run(
    session: Session,
    kind: RunKind,
    *,
    title: str = "",
    actor: Actor | None = None,
    parent_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> ImportRun:
    """A new run in the caller's transaction."""
    run = ImportRun(
        kind=kind,
        stage=RunStage.RUNNING,
        title=title[:200],
        parent_id=parent_id,
        actor_id=actor.id if actor else None,
        details=dict(details or {}),
    )
    session.add(run)
    session.flush()
    return run


def begin_writing(session: Session, run: ImportRun | None) -> None:
    """Start the one transaction in which a run changes clients; two runs never write at the same time.

    Waits ``PATIENCE`` seconds, so that decisions and merges of colleagues queue up.
    Raises Conflict when another run writes longer than that, or when this one was replaced by a later one
    meanwhile.
    """
    if session.get_bind().dialect.name == "postgresql":
        until = time.monotonic() + PATIENCE
        while not (free := _try_lock(session)) and time.monotonic() < until:
            time.sleep(PAUSE)
        if not free:
            raise Conflict(_("Another import is writing now: wait a minute and try again."))
    if run is not None:  # in SQLite this first write is the lock
        claimed = session.execute(
            update(ImportRun)
            .where(ImportRun.id == run.id, ImportRun.stage.in_(OPEN))
            .values(step="writing", stage=RunStage.RUNNING)
            .execution_options(synchronize_session=False)
        )
        if rows_changed(claimed) != 1:
            raise Conflict(_("A later run has taken the place of this one."))


def _try_lock(session: Session) -> bool:
    return bool(session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}))


def finish_run(
    session: Session,
    run: ImportRun,
    *,
    counts: Mapping[str, int],
    notes: Iterable[Mapping[str, Any]] = (),
    actor: Actor | None = None,
) -> None:
    """The run is applied; the journal keeps its counts."""
    run.stage, run.finished_at, run.percent, run.step = RunStage.APPLIED, utcnow(), 100, ""
    run.counts, run.notes = dict(counts), [dict(note) for note in notes][:MOST_NOTES]
    _journal(session, Kind.RUN_APPLIED, run, actor, dict(counts))


def stop_run(
    session: Session,
    run: ImportRun,
    *,
    problem: str,
    counts: Mapping[str, int],
    details: Mapping[str, Any],
    actor: Actor | None = None,
) -> None:
    """The run waits for a person: it has written nothing, and shows what it would do."""
    run.stage, run.step, run.problem = RunStage.WAITING, "", problem[:500]
    run.counts, run.details = dict(counts), {**run.details, **details}
    _journal(session, Kind.RUN_STOPPED, run, actor, {**counts, "problem": problem[:500]})


def fail_run(session: Session, run_id: int, problem: str, *, actor: Actor | None = None) -> None:
    """Write down why a run came to nothing, in a transaction of its own."""
    session.rollback()
    with unit_of_work(session):
        ended = _end(session, ImportRun.id == run_id, RunStage.FAILED, OPEN, problem)
        for run in ended:
            _journal(session, Kind.RUN_FAILED, run, actor, {"problem": problem[:500]})


def replace_interrupted(session: Session, kind: RunKind, *, except_id: int) -> None:
    """Earlier runs of this kind that were killed or still wait end here; they have changed nothing."""
    earlier = and_(ImportRun.kind == kind, ImportRun.id != except_id)
    _end(session, earlier, RunStage.FAILED, OPEN, _("A later run took its place."))


def report_progress(session: Session, run_id: int, percent: int, step: str) -> None:
    """Show how far a run is; committed at once."""
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id, ImportRun.stage == RunStage.RUNNING)
        .values(percent=max(0, min(100, percent)), step=step[:40])
        .execution_options(synchronize_session=False)
    )
    session.commit()


def refuse_run(session: Session, run_id: int, *, actor: Actor) -> ImportRun:
    """A person has looked at the difference and said no. Raises Forbidden, NotFound, Invalid."""
    run = access_run(session, run_id, actor=actor)
    ended = _end(session, ImportRun.id == run.id, RunStage.REFUSED, (RunStage.WAITING,), run.problem)
    if not ended:
        raise Invalid(_("This run does not wait for anything any more."))
    _journal(session, Kind.RUN_REFUSED, run, actor, {})
    return run


def access_run(session: Session, run_id: int, *, actor: Actor) -> ImportRun:
    """A run with its people. Raises Forbidden, NotFound."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    query = select(ImportRun).where(ImportRun.id == run_id)
    query = query.options(joinedload(ImportRun.actor), joinedload(ImportRun.undone_by))
    run = session.scalars(query).one_or_none() if is_id(run_id) else None
    if run is None:
        raise NotFound(_("There is no such run."))
    return run


def list_runs(
    session: Session,
    *,
    actor: Actor,
    kind: RunKind | None = None,
    before_id: int | None = None,
    limit: int = 25,
) -> tuple[Sequence[ImportRun], int | None]:
    """A page of runs (of one kind), the newest first, and the cursor of the next page. Raises Forbidden."""
    ensure_can_somewhere(actor, Verb.MANAGE_CLIENTS)
    query = select(ImportRun).options(joinedload(ImportRun.actor), joinedload(ImportRun.undone_by))
    if kind is not None:
        query = query.where(ImportRun.kind == kind)
    if before_id is not None and is_id(before_id):
        query = query.where(ImportRun.id < before_id)
    rows = session.scalars(query.order_by(ImportRun.id.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def run_differences(
    session: Session, run: ImportRun, *, after_id: int = 0, limit: int = CHANGES_SHOWN
) -> tuple[list[Difference], int | None]:
    """A page of what the run did, client by client, and the cursor of the next page."""
    query = select(RunChange).where(RunChange.run_id == run.id, RunChange.id > after_id)
    query = query.options(joinedload(RunChange.client)).order_by(RunChange.id).limit(limit + 1)
    rows = session.scalars(query).all()
    shown = [Difference(row.client, row.action, row.source, _values(row)) for row in rows[:limit]]
    return shown, rows[limit - 1].id if len(rows) > limit else None


def count_waiting(session: Session) -> int:
    """How many runs wait for a person."""
    waiting = select(func.count()).select_from(ImportRun).where(ImportRun.stage == RunStage.WAITING)
    return session.scalar(waiting) or 0


def explain_failure(error: Exception) -> str:
    """What to write down of an error: our refusals in their own words, anything else without its trace."""
    if isinstance(error, HelpdeskError) and error.message:
        return error.message
    return str(_("Something went wrong on our side. It has been logged; nothing was changed."))


def _end(
    session: Session, which: ColumnElement[bool], stage: RunStage, of: Collection[RunStage], problem: str
) -> list[ImportRun]:
    """End the runs that still stand at ``of``, in one statement: another process may be applying them now."""
    query = update(ImportRun).where(which, ImportRun.stage.in_(of)).returning(ImportRun)
    values = {"stage": stage, "finished_at": utcnow(), "problem": problem[:500], "step": ""}
    how = {"synchronize_session": False, "populate_existing": True}
    return list(session.scalars(query.values(values).execution_options(**how)))


def _values(row: RunChange) -> list[tuple[str, Any, Any]]:
    if row.action == "merged":
        return []

    def told(side: Mapping[str, Any], field: str) -> Any:
        entry = side.get(field)
        return entry["value"] if entry else None

    return [
        (field, told(row.old, field), told(row.new, field)) for field in dict.fromkeys([*row.old, *row.new])
    ]


def _journal(
    session: Session, kind: Kind, run: ImportRun, actor: Actor | None, new: Mapping[str, Any]
) -> None:
    facts = {"run": run.id, "kind": run.kind, "title": run.title, **new}
    record(session, kind, actor=actor, subject=f"run {run.id}", new=facts)
