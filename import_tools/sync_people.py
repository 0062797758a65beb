"""Who of the client base the directory may be speaking of."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from import_tools.sync_plan import Known
from models import Client, ClientClaim, Source


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
