"""THE row policy: who sees which ticket, and what he may do to it.

The rules of sight are ARCHITECTURE, section 2, each written once, as SQL: lists, pages, counters, search,
histories and socket recipients all start from :func:`sight_terms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from app.actors import ADMINISTRATOR_ROLE, Actor, active_actors, current_membership, load_actor
from app.errors import Forbidden, NotFound
from models import Staff, Ticket, Verb

__all__ = [
    "ADMINISTRATOR_ROLE",
    "PARTS",
    "Actor",
    "Rule",
    "Standing",
    "Verb",
    "access_ticket",
    "active_actors",
    "can",
    "can_somewhere",
    "current_membership",
    "ensure_can",
    "ensure_can_somewhere",
    "grounds",
    "inbox_rules",
    "inbox_terms",
    "is_chief",
    "is_visible",
    "load_actor",
    "sight_rules",
    "sight_terms",
    "standings",
    "viewers",
    "visible_tickets",
]


class Rule(StrEnum):
    """The rules of sight by name (ARCHITECTURE, section 2, in its order)."""

    ADMINISTRATOR = "administrator"
    AUTHOR = "author"
    ASSIGNEE = "assignee"
    SHARED = "shared"  # sent to a whole department of which one sees what is sent to all
    DEPARTMENT = "department"  # sent into a department that one sees whole


class Standing(StrEnum):
    """What a person is to one ticket: his role in its department, or his part in it."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"  # any role with the coordinator's special moves
    EMPLOYEE = "employee"  # any other role
    AUTHOR = "author"
    ASSIGNEE = "assignee"


_WORK = frozenset({Verb.TAKE, Verb.RELEASE, Verb.TRANSFER, Verb.COMPLETE, Verb.REOPEN, Verb.COMMENT})
# What one may by one's part in a ticket, whatever the roles (ARCHITECTURE, section 2); what roles may is the
# grid's business (app.grid). Which of these a ticket's present state allows, and to whom, is that of the
# transition table (app.workflow).
PARTS: dict[Standing, frozenset[Verb]] = {
    Standing.ADMINISTRATOR: frozenset(Verb),
    Standing.AUTHOR: frozenset({*_WORK, Verb.EDIT, Verb.SET_PRIORITY}),
    Standing.ASSIGNEE: _WORK,
}


class Placement(Protocol):
    """Whatever has the three columns that sight depends on: a ticket, its table, or three values."""

    @property
    def author_id(self) -> Any: ...
    @property
    def assignee_id(self) -> Any: ...
    @property
    def department_id(self) -> Any: ...


class _Values(NamedTuple):
    """A placement made of bound values, for a ticket that is not (or no longer) stored like this."""

    author_id: ColumnElement[int]
    assignee_id: ColumnElement[int | None]
    department_id: ColumnElement[int]


# ------------------------------------------------------------------------------------- sight


def inbox_rules(actor: Actor, ticket: Any = Ticket) -> list[tuple[Rule, ColumnElement[bool]]]:
    """The rules by which a ticket is *sent to* this person, one term each."""
    if actor.is_administrator:
        return [(Rule.ADMINISTRATOR, true())]  # rule 1
    rules: list[tuple[Rule, ColumnElement[bool]]] = [(Rule.ASSIGNEE, ticket.assignee_id == actor.id)]  # 3
    rules += [
        (Rule.SHARED, and_(ticket.assignee_id.is_(None), ticket.department_id == department))  # rule 4
        for department in actor.sees_shared_of
    ]
    rules += [
        (Rule.DEPARTMENT, ticket.department_id == department)  # rules 4 and 5
        for department in actor.sees_all_of
    ]
    return rules


def sight_rules(actor: Actor, ticket: Any = Ticket) -> list[tuple[Rule, ColumnElement[bool]]]:
    """All five rules of sight as SQL conditions with their names: who sees what, and why.

    They are kept apart so that a list can ask one small index scan per rule (app.services.boxes).
    """
    if actor.is_administrator:
        return inbox_rules(actor, ticket)
    return [(Rule.AUTHOR, ticket.author_id == actor.id), *inbox_rules(actor, ticket)]  # rule 2 and the rest


def inbox_terms(actor: Actor, ticket: Any = Ticket) -> list[ColumnElement[bool]]:
    """:func:`inbox_rules` without their names, meant to be OR-ed."""
    return [term for _rule, term in inbox_rules(actor, ticket)]


def sight_terms(actor: Actor, ticket: Any = Ticket) -> list[ColumnElement[bool]]:
    """:func:`sight_rules` without their names, meant to be OR-ed."""
    return [term for _rule, term in sight_rules(actor, ticket)]


def is_visible(actor: Actor, ticket: Any = Ticket) -> ColumnElement[bool]:
    """The rules of sight as one condition."""
    return or_(*sight_terms(actor, ticket))


def visible_tickets(actor: Actor) -> Select[Ticket]:
    """Every ticket this person sees: what any query that touches tickets starts from."""
    return select(Ticket).where(is_visible(actor))


def access_ticket(session: Session, ticket_id: int, *, actor: Actor, options: Iterable[Any] = ()) -> Ticket:
    """Load a ticket that this person sees.

    Raises NotFound when there is none or it is hidden from him: the answer is the same.
    """
    query = visible_tickets(actor).where(Ticket.id == ticket_id).options(*options)
    known = abs(ticket_id) < 2**31  # beyond that the databases themselves would refuse
    ticket = session.scalars(query).unique().one_or_none() if known else None
    if ticket is None:
        raise NotFound(_("There is no such ticket, or it is not yours to see."))
    return ticket


def viewers(session: Session, *placements: Placement) -> set[int]:
    """Ids of all active staff who see a ticket placed like any of ``placements``.

    Evaluates the very predicate that is enforced, for every active person at once: once for all who have the
    same posts, because in the rules these differ by their ids alone.
    """
    actors = active_actors(session)
    if not actors or not placements:
        return set()
    stored = [
        _Values(literal(place.author_id), literal(place.assignee_id), literal(place.department_id))
        for place in placements
    ]
    anyone: Any = Staff.id
    queries = [
        select(anyone).where(anyone.in_(ids), or_(*(is_visible(replace(one, id=anyone), p) for p in stored)))
        for one, ids in _by_posts(actors)
    ]
    return set(session.scalars(union_all(*queries)))


def _by_posts(actors: Iterable[Actor]) -> Iterable[tuple[Actor, list[int]]]:
    """One of those who are the same but for their ids and names, and the ids of all of them."""
    groups: dict[object, tuple[Actor, list[int]]] = {}
    for actor in actors:
        key = actor.is_administrator, frozenset(actor.posts.items())
        _one, ids = groups.setdefault(key, (actor, []))
        ids.append(actor.id)
    return groups.values()


# ------------------------------------------------------------------------------------- verbs


def standings(actor: Actor, ticket: Placement) -> frozenset[Standing]:
    """Everything this person is to this ticket."""
    found = set()
    if actor.is_administrator:
        found.add(Standing.ADMINISTRATOR)
    if ticket.department_id in actor.coordinates:
        found.add(Standing.COORDINATOR)
    if ticket.department_id in actor.works_in:
        found.add(Standing.EMPLOYEE)
    if ticket.author_id == actor.id:
        found.add(Standing.AUTHOR)
    if ticket.assignee_id == actor.id:
        found.add(Standing.ASSIGNEE)
    return frozenset(found)


def grounds(actor: Actor, verb: Verb, ticket: Placement) -> frozenset[Standing]:
    """By what this person may do this to a ticket that he sees: empty if he may not."""
    post = actor.posts.get(ticket.department_id)
    by_role = post is not None and verb in post.verbs
    return frozenset(
        standing
        for standing in standings(actor, ticket)
        if (verb in PARTS[standing] if standing in PARTS else by_role)
    )


def can(actor: Actor, verb: Verb, ticket: Placement) -> bool:
    """Whether the grid lets this person do this to a ticket that he sees."""
    return bool(grounds(actor, verb, ticket))


def can_somewhere(actor: Actor, verb: Verb) -> bool:
    """Whether the grid lets this person do this in any department at all (clients have none)."""
    return actor.is_administrator or any(verb in post.verbs for post in actor.posts.values())


def is_chief(actor: Actor, ticket: Placement) -> bool:
    """Coordinator of the ticket's department (or of a role with his special moves), or administrator."""
    return bool(standings(actor, ticket) & {Standing.ADMINISTRATOR, Standing.COORDINATOR})


def ensure_can(actor: Actor, verb: Verb, ticket: Placement) -> None:
    """Raise Forbidden unless :func:`can`."""
    if not can(actor, verb, ticket):
        raise Forbidden(_("You see this ticket, but may not do this to it."))


def ensure_can_somewhere(actor: Actor, verb: Verb) -> None:
    """Raise Forbidden unless :func:`can_somewhere`."""
    if not can_somewhere(actor, verb):
        raise Forbidden(_("You may not do this."))
