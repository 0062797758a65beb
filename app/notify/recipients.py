"""Who is told of what: by event and part in the ticket (or role, without one), minus the actor, minus who
may not see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.audience import listeners, needs_somebody
from app.notify.ladder import told_as
from app.policy import Placement, Verb, active_actors, viewers
from models import Comment, JournalEntry, Ticket, TicketWatch

# new work: the people it was sent to must notice it
_TO_ADDRESSEES = frozenset(
    {Kind.TICKET_CREATED, Kind.TICKET_TRANSFERRED, Kind.TICKET_RELEASED, Kind.TICKET_REOPENED}
)
# news: the people who have a part in the ticket want to know
_TO_PARTAKERS = frozenset(
    {
        Kind.TICKET_TAKEN,
        Kind.TICKET_RELEASED,
        Kind.TICKET_COMPLETED,
        Kind.TICKET_REOPENED,
        Kind.TICKET_COMMENTED,
        Kind.TICKET_TRANSFERRED,
    }
)


def recipients(session: Session, entry: JournalEntry, ticket: Ticket | None) -> set[int]:
    """Ids of the staff to whom this journal entry is told, by the policy as it is now."""
    if ticket is None:
        told = listeners(session, entry.kind) if needs_somebody(entry) else set()
        return told - {entry.actor_id}
    kind = told_as(entry, ticket)
    return told_of(session, kind, ticket, actor_id=entry.actor_id, old=entry.old)


def told_of(
    session: Session,
    kind: str,
    ticket: Ticket,
    *,
    actor_id: int | None,
    old: Mapping[str, Any] | None = None,
) -> set[int]:
    """Ids of the staff who are told when this happens to the ticket, which may be only being written.

    ``old`` holds the columns as they were before.
    """
    told: set[int] = set()
    if kind in _TO_ADDRESSEES:
        told |= addressees_of(session, ticket)
    if kind in _TO_PARTAKERS:
        told |= _partakers(session, kind, ticket, old or {})
    if kind in _TO_ADDRESSEES | _TO_PARTAKERS and ticket.id:
        told |= _watchers(session, ticket.id)
    told.discard(actor_id or 0)
    return told & viewers(session, ticket) if told else told


def addressees_of(session: Session, place: Placement) -> set[int]:
    """The assignee or, without one, who can take it in the department; its coordinators in any case.

    Who only looks on (an observer) is not called to work.
    """
    found = {place.assignee_id} if place.assignee_id else set()
    for actor in active_actors(session):
        post = actor.posts.get(place.department_id)
        if post and (post.is_chief or (place.assignee_id is None and Verb.TAKE in post.verbs)):
            found.add(actor.id)
    return found


def _watchers(session: Session, ticket_id: int) -> set[int]:
    """Who has asked to hear of everything about this ticket."""
    query = select(TicketWatch.user_id).where(
        TicketWatch.ticket_id == ticket_id, TicketWatch.watches.is_(True)
    )
    return set(session.scalars(query))


def _partakers(session: Session, kind: str, ticket: Ticket, old: Mapping[str, Any]) -> set[int]:
    """Author, assignee, who works or worked on it (before this event too), and who commented."""
    found = {ticket.author_id, ticket.assignee_id, ticket.taken_by_id, ticket.done_by_id}
    found |= {old.get("taken_by_id"), old.get("done_by_id"), old.get("assignee_id")}
    if kind == Kind.TICKET_COMMENTED:
        found |= set(session.scalars(select(Comment.author_id).where(Comment.ticket_id == ticket.id)))
    return {user_id for user_id in found if user_id is not None}
