"""Everything that the page of one ticket shows, in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, joinedload

from app.policy import Actor, access_ticket, visible_tickets
from app.services.attachments import Files, files_by_comment
from app.services.comments import comments_of
from app.services.happenings import Happening, Names, describe
from app.services.timeline import ticket_timeline
from models import Absence, Client, Comment, JournalEntry, Staff, State, Ticket

HISTORY = 5
PAGE_OPTIONS = (
    joinedload(Ticket.client).joinedload(Client.unit),
    joinedload(Ticket.client).joinedload(Client.phones),
    joinedload(Ticket.department),
    joinedload(Ticket.topic),
    joinedload(Ticket.author),
    joinedload(Ticket.assignee).joinedload(Staff.absence).joinedload(Absence.stand_in),
    joinedload(Ticket.taken_by),
    joinedload(Ticket.done_by),
    joinedload(Ticket.letter),
)


@dataclass(frozen=True)
class TicketPage:
    """A ticket as one person may see it. ``history``: others of the same client, open ones first;
    ``files`` by comment, the ticket's own under 0."""

    ticket: Ticket
    history: Sequence[Ticket]
    comments: Sequence[Comment]
    timeline: Sequence[Happening]
    files: Files


def access_whole_ticket(session: Session, ticket_id: int, *, actor: Actor) -> Ticket:
    """The ticket with everything its facts and its client's card name, in one statement.

    Raises NotFound as :func:`app.policy.access_ticket` does.
    """
    return access_ticket(session, ticket_id, actor=actor, options=PAGE_OPTIONS)


def read_ticket_page(session: Session, ticket_id: int, *, actor: Actor) -> TicketPage:
    """The whole page in at most six statements, five without letters. Raises NotFound."""
    ticket = access_whole_ticket(session, ticket_id, actor=actor)
    comments = comments_of(session, ticket)
    return TicketPage(
        ticket=ticket,
        history=client_history(session, ticket, actor=actor),
        comments=comments,
        files=files_by_comment(session, ticket, comments),
        timeline=describe(session, ticket_timeline(session, ticket), actor=actor, names=_known_names(ticket)),
    )


def client_history(session: Session, ticket: Ticket, *, actor: Actor) -> Sequence[Ticket]:
    """The latest open and the latest finished tickets of the client that this person may see."""
    open_states = (State.FREE, State.IN_WORK)
    others = (
        visible_tickets(actor)
        .with_only_columns(Ticket.id)
        .where(Ticket.client_id == ticket.client_id, Ticket.id != ticket.id)
        .order_by(Ticket.id.desc())
        .limit(HISTORY)
    )
    parts = [
        select(others.where(condition).subquery().c.id)
        for condition in (Ticket.state.in_(open_states), Ticket.state.not_in(open_states))
    ]
    found = session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(union_all(*parts)))
        .order_by(Ticket.state.not_in(open_states), Ticket.id.desc())
        .options(joinedload(Ticket.taken_by))
    )
    return found.all()


def latest_happening(session: Session, ticket_id: int, *, actor: Actor) -> Happening | None:
    """The last thing that somebody did to a ticket that was accessed: who was faster."""
    query = select(JournalEntry).where(JournalEntry.ticket_id == ticket_id)
    query = query.order_by(JournalEntry.id.desc()).limit(1).options(joinedload(JournalEntry.actor))
    lines = describe(session, session.scalars(query), actor=actor)
    return lines[0] if lines else None


def _known_names(ticket: Ticket) -> Names:
    """The names that came with the ticket need no further statement."""
    names = Names()
    names.known["department"][ticket.department_id] = ticket.department.name
    if ticket.topic:
        names.known["topic"][ticket.topic.id] = ticket.topic.name
    for person in (ticket.author, ticket.assignee, ticket.taken_by, ticket.done_by):
        if person:
            names.known["staff"][person.id] = person.full_name
    return names
