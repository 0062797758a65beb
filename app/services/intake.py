"""A call comes in: the ticket or the call is written down, together with its client when he is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import Actor
from app.services.calls import record_call
from app.services.clients import create_client
from app.services.tickets import TicketDraft, create_ticket
from models import Call, Ticket

Written = TypeVar("Written", Ticket, Call)


def take_down_ticket(
    session: Session, draft: TicketDraft, *, actor: Actor, new_client: Mapping[str, Any] | None = None
) -> Ticket:
    """Write a ticket, and ``new_client`` first if he is given; neither without the other.

    The same ``request_key`` again returns the same ticket and makes no second client.
    Raises Forbidden, or Invalid naming the wrong fields of both.
    """
    if new_client is None:
        return create_ticket(session, draft, actor=actor)
    return _with_new_client(session, Ticket, create_ticket, draft, new_client, actor)


def take_down_call(
    session: Session, draft: TicketDraft, *, actor: Actor, new_client: Mapping[str, Any] | None = None
) -> Call:
    """Count a call that needed no ticket, and write its client down first if he is new.

    Raises as :func:`take_down_ticket` does.
    """
    if new_client is None:
        return record_call(session, draft, actor=actor)
    return _with_new_client(session, Call, record_call, draft, new_client, actor)


def _with_new_client(
    session: Session,
    table: type[Written],
    write: Callable[..., Written],
    draft: TicketDraft,
    new_client: Mapping[str, Any],
    actor: Actor,
) -> Written:
    if earlier := _written_before(session, table, draft, actor):
        return earlier
    both = session.begin_nested()
    try:
        client_id = create_client(session, new_client, actor=actor).id
    except Invalid as error:
        both.rollback()
        # the first of two presses may have just made the client with this login
        if earlier := _written_before(session, table, draft, actor):
            return earlier
        raise Invalid(fields={**error.fields, **_wrong_besides(session, write, draft, actor)}) from None
    written = write(session, replace(draft, client_id=client_id), actor=actor)
    if written.client_id == client_id:
        both.commit()
        return written
    both.rollback()  # the other press won: its client stays, ours goes
    kept = _written_before(session, table, draft, actor)
    if kept is None:
        raise RuntimeError("the ticket of the same request key has vanished")
    return kept


def _wrong_besides(
    session: Session, write: Callable[..., Written], draft: TicketDraft, actor: Actor
) -> dict[str, str]:
    """What is wrong with the rest of the form, so that all errors are told at once."""
    try:
        write(session, replace(draft, client_id=None), actor=actor)
    except Invalid as error:
        return {name: text for name, text in error.fields.items() if name != "client_id"}
    return {}


def _written_before(
    session: Session, table: type[Written], draft: TicketDraft, actor: Actor
) -> Written | None:
    if not draft.request_key:
        return None
    query = select(table).where(table.request_key == draft.request_key, table.author_id == actor.id)
    return session.scalars(query).one_or_none()
