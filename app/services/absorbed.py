"""The doubles that were merged into a client: under which names he is known besides his own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Client, ImportRun, RunChange, RunStage

MOST_SHOWN = 20


@dataclass(frozen=True)
class Absorbed:
    """One double, the run that merged him, and when."""

    client_id: int
    name: str
    login: str | None
    run_id: int
    at: datetime


def absorbed_clients(session: Session, client_id: int) -> list[Absorbed]:
    """The doubles merged into a client, the latest first, in one statement."""
    query = (
        select(Client.id, Client.full_name, Client.login, ImportRun.id, ImportRun.started_at)
        .join(RunChange, (RunChange.client_id == Client.id) & (RunChange.action == "merged"))
        .join(ImportRun, (ImportRun.id == RunChange.run_id) & (ImportRun.stage == RunStage.APPLIED))
        .where(Client.merged_into_id == client_id)
        .order_by(ImportRun.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Absorbed(*row) for row in session.execute(query)]
