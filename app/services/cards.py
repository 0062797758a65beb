"""The client's card: who calls, how often he called, and what about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.errors import NotFound
from app.policy import Actor, Verb, can_somewhere, visible_tickets
from app.services.rows import is_id
from models import Call, Client, State, Ticket

LATEST = 5
OPEN_SHOWN = 10


@dataclass(frozen=True)
class ClientCard:
    """What the operator sees while the caller still says hello.

    The totals are true, whoever may see the tickets; the lists hold only what the actor may see.
    """

    client: Client
    tickets_count: int
    calls_count: int
    last_contact_at: datetime | None
    open_tickets: Sequence[Ticket]
    latest: Sequence[Ticket]
    may_edit: bool


def access_client(session: Session, client_id: int) -> Client:
    """A client with unit and phones; every staff member may see every client. Else NotFound."""
    query = select(Client).where(Client.id == client_id)
    query = query.options(joinedload(Client.unit), selectinload(Client.phones))
    client = session.scalars(query).one_or_none() if is_id(client_id) else None
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def client_card(session: Session, client_id: int, *, actor: Actor) -> ClientCard:
    """The card of a client, in at most four statements. Raises NotFound."""
    client = access_client(session, client_id)
    mine = visible_tickets(actor).where(Ticket.client_id == client_id).order_by(Ticket.id.desc())
    mine = mine.options(joinedload(Ticket.taken_by), joinedload(Ticket.department))
    open_states = (State.FREE, State.IN_WORK)
    return ClientCard(
        client=client,
        tickets_count=client.tickets_count,
        calls_count=client.calls_count,
        last_contact_at=client.last_contact_at,
        open_tickets=session.scalars(mine.where(Ticket.state.in_(open_states)).limit(OPEN_SHOWN)).all(),
        latest=session.scalars(mine.where(Ticket.state.not_in(open_states)).limit(LATEST)).all(),
        may_edit=can_somewhere(actor, Verb.EDIT_CLIENTS),
    )


def client_tickets(
    session: Session, client_id: int, *, actor: Actor, before_id: int | None = None, limit: int = 25
) -> tuple[list[Ticket], int | None]:
    """A page of the client's tickets that the actor may see, newest first, and the next cursor."""
    query = visible_tickets(actor).where(Ticket.client_id == client_id)
    if before_id is not None and is_id(before_id):
        query = query.where(Ticket.id < before_id)
    rows = session.scalars(
        query.order_by(Ticket.id.desc())
        .limit(limit + 1)
        .options(joinedload(Ticket.taken_by), joinedload(Ticket.department), joinedload(Ticket.author))
    ).all()
    shown = list(rows[:limit])
    return shown, shown[-1].id if len(rows) > limit else None


def client_calls(session: Session, client_id: int, *, limit: int = 25) -> Sequence[Call]:
    """The latest calls of a client, newest first."""
    query = select(Call).where(Call.client_id == client_id).order_by(Call.id.desc()).limit(limit)
    return session.scalars(query.options(joinedload(Call.author))).all()
