"""One verb for several tickets at once: all of them, or none and the reasons by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import Conflict, HelpdeskError, Invalid
from app.policy import Actor, Verb, access_ticket, can
from app.services.tickets import move_ticket, set_priority, transfer_ticket
from app.workflow import allowed_moves
from models import Ticket

MOST = 100


@dataclass(frozen=True)
class BulkOrder:
    """What to do to each ticket; the place and the reason are a transfer's, the priority its own."""

    verb: Verb
    department_id: int | None = None
    assignee_id: int | None = None
    reason: str = ""
    priority: int | None = None


def possible_verbs(actor: Actor, ticket: Ticket) -> tuple[Verb, ...]:
    """The moves allowed now, with "complete" where one key takes and completes."""
    moves = allowed_moves(actor, ticket)
    if Verb.TAKE in moves and can(actor, Verb.COMPLETE, ticket):
        moves = (*moves, Verb.COMPLETE)
    return moves


def carry_out(
    session: Session, order: BulkOrder, versions: Mapping[int, int | None], *, actor: Actor
) -> Sequence[Ticket]:
    """Do ``order`` to every ticket of ``versions`` (id → the version the person was looking at).

    Each is accessed anew through the policy. Raises Invalid for an empty or too long list, Conflict
    whose ``refused`` names the reason for each number; the caller's unit of work then undoes the rest.
    """
    if not versions:
        raise Invalid(_("Choose at least one ticket."))
    if len(versions) > MOST:
        raise Invalid(_("Choose at most %(number)s tickets.", number=MOST))
    done: list[Ticket] = []
    refused: dict[int, str] = {}
    for ticket_id in sorted(versions):
        try:
            ticket = access_ticket(session, ticket_id, actor=actor)
            done.append(_carry_out_one(session, ticket, order, versions[ticket_id], actor))
        except HelpdeskError as error:
            refused[ticket_id] = error.message
    if refused:
        reasons = "; ".join(f"{number}: {reason}" for number, reason in refused.items())
        raise Conflict(_("Nothing was changed. %(reasons)s", reasons=reasons), refused=refused)
    return done


def _carry_out_one(
    session: Session, ticket: Ticket, order: BulkOrder, version: int | None, actor: Actor
) -> Ticket:
    if order.verb == Verb.TRANSFER:
        return transfer_ticket(
            session,
            ticket,
            actor=actor,
            department_id=order.department_id,
            assignee_id=order.assignee_id,
            reason=order.reason,
            version=version,
        )
    if order.verb == Verb.SET_PRIORITY:
        priority = -1 if order.priority is None else order.priority
        return set_priority(session, ticket, priority, actor=actor, version=version)
    return move_ticket(session, ticket, order.verb, actor=actor, version=version)
