"""Who of the client base the directory may be speaking of."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from import_tools.sync_plan import Known
from models import Client, ClientClaim, ImportRun, RunChange, RunStage, Source


def known_people(session: Session) -> list[Known]:
    """Everybody with a GUID, and what the directory has said of him."""
    query = (
        select(Client.id, Client.object_guid, Client.full_name, ClientClaim.values, Client.is_active)
        .outerjoin(
            ClientClaim,
            (ClientClaim.client_id == Client.id) & (ClientClaim.source == Source.DIRECTORY),
        )
        .where(Client.object_guid.is_not(None))
        .order_by(Client.id)
    )
    return [
        Known(row[0], row[1], row[2], {n: entry["value"] for n, entry in (row[3] or {}).items()}, row[4])
        for row in session.execute(query)
    ]


def known_guids(session: Session) -> frozenset[str]:
    """The GUIDs of our clients."""
    return frozenset(session.scalars(select(Client.object_guid).where(Client.object_guid.is_not(None))))


def without_guid(session: Session) -> dict[str, Known]:
    """Clients whom only their login tells, by folded login. Whoever is hidden is nobody."""
    query = select(Client.login, Client.id, Client.full_name, Client.is_active).where(
        Client.login.is_not(None),
        Client.object_guid.is_(None),
        Client.merged_into_id.is_(None),
        Client.is_hidden.is_(False),
    )
    return {
        str(login).casefold(): Known(number, "", name, {}, is_active)
        for login, number, name, is_active in session.execute(query)
    }


def undone_people(session: Session, guids: Collection[str]) -> dict[str, Known]:
    """Clients whom a sync had made for these GUIDs before it was taken back, by GUID.

    Some were hidden by that, others stayed because the phone book or the desk knew them: a second client
    beside them would be a double. Whoever was merged since is somebody else.
    """
    if not guids:
        return {}
    query = (
        select(RunChange.new, Client.id, Client.full_name, Client.is_active, Client.is_hidden)
        .join(ImportRun, ImportRun.id == RunChange.run_id)
        .join(Client, Client.id == RunChange.client_id)
        .where(
            ImportRun.stage == RunStage.UNDONE,
            RunChange.action == "created",
            RunChange.source == Source.DIRECTORY,
            Client.object_guid.is_(None),
            Client.merged_into_id.is_(None),
        )
        .order_by(Client.is_hidden.desc(), RunChange.id)  # of two who had one GUID the visible, the later one
    )
    found: dict[str, Known] = {}
    for new, number, name, is_active, is_hidden in session.execute(query):
        guid = (new.get("object_guid") or {}).get("value")
        if guid is not None and guid in guids:
            found[guid] = Known(number, "", name, {}, is_active, is_hidden)
    return found
