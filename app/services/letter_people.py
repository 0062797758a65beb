"""Who a letter is from: a client, a colleague; and who stands as the author of what it becomes."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.notify.channels.base import Settings
from app.policy import Actor, load_actor
from app.services.rows import find_row
from models import Client, LetterWhy, Staff


def client_of(session: Session, address: str) -> tuple[Client | None, LetterWhy]:
    """The one active client with this address (in small letters), or why there is none."""
    query = select(Client).where(
        func.lower(Client.email) == address,
        Client.is_active.is_(True),
        Client.is_hidden.is_(False),
        Client.merged_into_id.is_(None),
    )
    found = session.scalars(query.limit(2)).all() if address else []
    if len(found) == 1:
        return found[0], LetterWhy.NONE
    return None, LetterWhy.SEVERAL if found else LetterWhy.UNKNOWN


def colleague_of(session: Session, address: str) -> Actor | None:
    """The one active staff member with this address, as the policy sees him now."""
    query = select(Staff.id).where(func.lower(Staff.email) == address, Staff.active.is_(True))
    found = session.scalars(query.limit(2)).all() if address else []
    if len(found) != 1:
        return None
    try:
        return load_actor(session, found[0])
    except NotFound:  # disabled this very moment
        return None


def is_client_address(client: Client, address: str) -> bool:
    """Whether this is the client's own address."""
    return bool(address) and (client.email or "").strip().lower() == address


def mailbox_actor(session: Session, settings: Settings, department_id: int) -> Actor | None:
    """The account that stands as author, working in this one department; None when it is set no more.

    It is made here and not loaded: the account may be disabled, so that nobody can sign in with it, and
    needs no membership.
    """
    account = find_row(session, Staff, settings.number("author"))
    if account is None:
        return None
    return Actor(id=account.id, full_name=account.full_name, works_in=frozenset({department_id}))
