"""Clients who must not be merged, or written to, while something else happens to them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.services.rows import is_id
from models import Client


def lock_clients(session: Session, client_ids: Iterable[int]) -> None:
    """Hold these clients until the transaction ends, in the order of their ids, and read them anew.

    SQLite has one writer and no row locks: there a write that changes nothing makes this session the writer.
    """
    ids = sorted({number for number in client_ids if is_id(number)})
    if session.get_bind().dialect.name != "postgresql":
        nothing = update(Client).where(Client.id.in_(ids)).values(version=Client.version)
        session.execute(nothing.execution_options(synchronize_session=False))
    query = select(Client).where(Client.id.in_(ids)).order_by(Client.id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    session.scalars(held).all()


def lock_for_history(session: Session, client_id: int | None) -> Client | None:
    """The client for whom something is written down now, held until the transaction ends.

    Who was merged a moment ago is the one with whom his history is. None: there is no such client, or he is
    hidden.
    """
    seen: set[int] = set()
    while client_id is not None and is_id(client_id) and client_id not in seen:
        seen.add(client_id)
        lock_clients(session, [client_id])
        client = session.get(Client, client_id)
        if client is None or client.merged_into_id is None:
            return client if client is not None and not client.is_hidden else None
        client_id = client.merged_into_id
    return None
