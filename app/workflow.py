"""The way of a ticket: which moves there are, who may make them when, and the one that makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden
from app.events import Kind, record
from app.policy import Actor, Verb, can, is_chief
from models import State, Ticket, rows_changed, utcnow


def _anyone(actor: Actor, ticket: Ticket) -> bool:
    return True


def _taker(actor: Actor, ticket: Ticket) -> bool:
    return ticket.taken_by_id == actor.id


def _taker_or_chief(actor: Actor, ticket: Ticket) -> bool:
    return _taker(actor, ticket) or is_chief(actor, ticket)


def _completer_author_or_chief(actor: Actor, ticket: Ticket) -> bool:
    mine = actor.id in (ticket.done_by_id, ticket.author_id)
    return mine or is_chief(actor, ticket)


@dataclass(frozen=True)
class Move:
    """One arrow of the diagram. ``who`` narrows down what the grid already allows."""

    verb: Verb
    source: State
    target: State
    kind: Kind
    who: Callable[[Actor, Ticket], bool]


# The default moves of ARCHITECTURE, section 2, word for word.
MOVES: tuple[Move, ...] = (
    # free → take, transfer
    Move(Verb.TAKE, State.FREE, State.IN_WORK, Kind.TICKET_TAKEN, _anyone),
    Move(Verb.TRANSFER, State.FREE, State.FREE, Kind.TICKET_TRANSFERRED, _anyone),
    # mine → release, transfer, complete; taken by another → only coordinators of the department
    # and administrators release or transfer
    Move(Verb.RELEASE, State.IN_WORK, State.FREE, Kind.TICKET_RELEASED, _taker_or_chief),
    Move(Verb.TRANSFER, State.IN_WORK, State.FREE, Kind.TICKET_TRANSFERRED, _taker_or_chief),
    Move(Verb.COMPLETE, State.IN_WORK, State.DONE, Kind.TICKET_COMPLETED, _taker),
    # completed by me, or by another for author, coordinator, administrator → reopen
    Move(Verb.REOPEN, State.DONE, State.FREE, Kind.TICKET_REOPENED, _completer_author_or_chief),
    Move(Verb.ARCHIVE, State.DONE, State.ARCHIVED, Kind.TICKET_ARCHIVED, is_chief),
    # archived → restore by coordinator or administrator
    Move(Verb.RESTORE, State.ARCHIVED, State.DONE, Kind.TICKET_RESTORED, is_chief),
)
MOVE_VERBS = tuple(dict.fromkeys(move.verb for move in MOVES))


def find_move(verb: Verb, ticket: Ticket) -> Move | None:
    """The arrow that leads from the ticket's present state by this verb."""
    return next((m for m in MOVES if m.verb == verb and m.source == ticket.state), None)


def allowed_moves(actor: Actor, ticket: Ticket) -> tuple[Verb, ...]:
    """What this person may do now to a ticket that he sees: what the buttons are made of."""
    return tuple(
        move.verb
        for move in MOVES
        if move.source == ticket.state and can(actor, move.verb, ticket) and move.who(actor, ticket)
    )


def can_comment(actor: Actor, ticket: Ticket) -> bool:
    """The archive is read-only; elsewhere the grid decides."""
    return ticket.state != State.ARCHIVED and can(actor, Verb.COMMENT, ticket)


def can_edit(actor: Actor, ticket: Ticket) -> bool:
    """Author, coordinator, administrator, while it is not archived."""
    return ticket.state != State.ARCHIVED and can(actor, Verb.EDIT, ticket)


def move(
    session: Session,
    ticket: Ticket,
    verb: Verb,
    *,
    actor: Actor,
    version: int | None = None,
    values: dict[str, Any] | None = None,
) -> Ticket:
    """Make one move, journal it, and return the ticket as it is now. The only writer of its state.

    ``version`` is the one the person was looking at (None: the one just loaded); ``values`` are
    further columns that the move sets (a transfer's new place). Raises Conflict when someone was
    faster or the state has no such move, Forbidden when the move is not this person's to make.
    """
    arrow = find_move(verb, ticket)
    if arrow is None or (version is not None and version != ticket.version):
        raise conflict(ticket)
    if not (can(actor, verb, ticket) and arrow.who(actor, ticket)):
        raise Forbidden(_("You see this ticket, but may not do this to it."))
    changed = {"state": arrow.target, **_stamps(arrow, actor), **(values or {})}
    return apply_change(session, ticket, arrow.kind, changed, actor=actor)


def archive_by_itself(session: Session, ticket: Ticket) -> Ticket:
    """The periodic job's move: a completed ticket goes to the archive with no person acting."""
    changed = {"state": State.ARCHIVED, "archived_at": utcnow()}
    return apply_change(session, ticket, Kind.TICKET_ARCHIVED, changed, actor=None)


def apply_change(
    session: Session, ticket: Ticket, kind: Kind, changed: dict[str, Any], *, actor: Actor | None
) -> Ticket:
    """Compare and set: write ``changed`` if the row still has the version that was loaded.

    Journals the columns that really differ, and returns the refreshed ticket; Conflict otherwise.
    """
    old = {name: getattr(ticket, name) for name in changed}
    different = {name: value for name, value in changed.items() if old[name] != value}
    result = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.version == ticket.version)
        .values(
            **changed,
            version=Ticket.version + 1,
            activity=Ticket.activity + 1,
            updated_at=utcnow(),
        )
        .execution_options(synchronize_session=False)
    )
    if rows_changed(result) != 1:
        session.refresh(ticket)
        raise conflict(ticket)
    session.refresh(ticket)
    record(
        session,
        kind,
        actor=actor,
        ticket_id=ticket.id,
        client_id=ticket.client_id,
        old={name: old[name] for name in different},
        new=different,
    )
    return ticket


def conflict(ticket: Ticket) -> Conflict:
    """The one friendly error for a stale page and an illegal move."""
    return Conflict(
        _("Someone was faster: the ticket has changed meanwhile. Nothing of yours is lost."),
        current=ticket.version,
        ticket_id=ticket.id,
        state=ticket.state,
    )


def _stamps(arrow: Move, actor: Actor) -> dict[str, Any]:
    """Who and when, as the target state wants it; a fresh start forgets the former taker."""
    now = utcnow()
    match (arrow.verb, arrow.target):
        case (_, State.IN_WORK):
            return {"taken_by_id": actor.id, "taken_at": now}
        case (_, State.FREE):
            return {"taken_by_id": None, "taken_at": None, "done_by_id": None, "done_at": None}
        case (Verb.COMPLETE, _):
            return {"taken_by_id": None, "done_by_id": actor.id, "done_at": now}
        case (Verb.ARCHIVE, _):
            return {"archived_at": now}
    return {"archived_at": None}
