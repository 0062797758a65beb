"""What taking a run back would do, in numbers, before anybody says yes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.services.undo import DONE, HEARD_OF_ELSEWHERE
from models import Client, ClientClaim, ImportRun, RunChange, Source

_RESTORED, _UNMERGED, _REMOVED, _KEPT = range(4)


@dataclass(frozen=True)
class UndoPreview:
    """Clients by what would happen to them; ``sittings``: later decisions about its rows that go with it."""

    restored: int = 0
    unmerged: int = 0
    removed: int = 0
    kept: int = 0
    sittings: int = 0


def preview_undo(session: Session, run: ImportRun) -> UndoPreview:
    """What :func:`app.services.undo.undo_run` would do now, in two statements however large the run is."""
    its_sittings = and_(ImportRun.parent_id == run.id, ImportRun.stage.in_(DONE))
    sittings = session.scalar(select(func.count()).select_from(ImportRun).where(its_sittings)) or 0
    heard_elsewhere = exists().where(
        ClientClaim.client_id == RunChange.client_id,
        ClientClaim.source.in_(HEARD_OF_ELSEWHERE),
        ClientClaim.source != RunChange.source,
    )
    spoken_of = exists().where(
        ClientClaim.client_id == RunChange.client_id, ClientClaim.source == Source.PERSON
    )
    double = aliased(Client)
    is_needed = or_(
        Client.tickets_count + Client.calls_count > 0,
        Client.merged_into_id.is_not(None),
        spoken_of,
        exists().where(double.merged_into_id == RunChange.client_id),
    )
    is_only_ours = and_(RunChange.action == "created", ~heard_elsewhere)
    fate = case(
        (RunChange.action == "merged", _UNMERGED),
        (and_(is_only_ours, is_needed), _KEPT),
        (is_only_ours, _REMOVED),
        else_=_RESTORED,
    )
    runs = select(ImportRun.id).where(or_(ImportRun.id == run.id, its_sittings))
    clients = (
        select(func.max(fate).label("fate"))
        .select_from(RunChange)
        .join(Client, Client.id == RunChange.client_id)
        .where(RunChange.run_id.in_(runs))
        .group_by(RunChange.client_id)
        .subquery()
    )
    rows = session.execute(select(clients.c.fate, func.count()).group_by(clients.c.fate))
    numbers = {row[0]: row[1] for row in rows}
    return UndoPreview(
        restored=numbers.get(_RESTORED, 0),
        unmerged=numbers.get(_UNMERGED, 0),
        removed=numbers.get(_REMOVED, 0),
        kept=numbers.get(_KEPT, 0),
        sittings=sittings,
    )
