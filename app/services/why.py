"""Why somebody sees a ticket or does not, and may do this or not; and who will see one that is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from app.errors import Forbidden, NotFound
from app.events import Kind
from app.grid import Post
from app.notify.channels.registry import kind_of
from app.notify.planning import plan_for
from app.notify.preferences import read_people
from app.notify.recipients import told_of
from app.policy import (
    Actor,
    Rule,
    Standing,
    Verb,
    access_ticket,
    active_actors,
    grounds,
    is_chief,
    load_actor,
    sight_rules,
    viewers,
)
from app.services.placement import resolve_placement
from app.workflow import MOVE_VERBS, allowed_moves, can_comment, can_edit
from models import Priority, State, Ticket

# what is asked of the clients' base or of figures, and of no ticket
NOT_OF_TICKETS = frozenset({Verb.CREATE, Verb.EDIT_CLIENTS, Verb.MANAGE_CLIENTS})


@dataclass(frozen=True)
class Answer:
    """May this person do this: by the rules (``by``), and with the ticket as it is now (``is_possible``)."""

    verb: Verb
    by: frozenset[Standing]
    is_possible: bool


@dataclass(frozen=True)
class Explanation:
    """Everything that decides about one person and one ticket. ``person`` None: disabled, so nothing."""

    ticket: Ticket
    person: Actor | None
    post: Post | None = None
    rules: tuple[tuple[Rule, bool], ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def sees(self) -> bool:
        """Whether any rule of sight holds."""
        return any(holds for _rule, holds in self.rules)


@dataclass(frozen=True)
class Viewer:
    """Somebody who will see a ticket, and the channels by which he will be told, sooner or later."""

    id: int
    full_name: str
    channels: tuple[str, ...] = ()


def ensure_may_ask(actor: Actor, ticket: Ticket) -> None:
    """Raise Forbidden unless he is an administrator or coordinates the ticket's department."""
    if not is_chief(actor, ticket):
        raise Forbidden(_("Only administrators and those who act for others in the department may ask this."))


def explain(session: Session, user_id: int, ticket_id: int, *, actor: Actor) -> Explanation:
    """By which rules the person sees the ticket and may do what.

    Raises NotFound for a ticket that the asking person does not see, Forbidden as :func:`ensure_may_ask`.
    """
    loaded = [joinedload(Ticket.department), joinedload(Ticket.author), joinedload(Ticket.assignee)]
    ticket = access_ticket(session, ticket_id, actor=actor, options=loaded)
    ensure_may_ask(actor, ticket)
    try:
        person = load_actor(session, user_id)
    except NotFound:
        return Explanation(ticket, None)
    rules = _rules(session, person, ticket_id)
    sees = any(holds for _rule, holds in rules)
    moves = allowed_moves(person, ticket)
    answers = [_answer(person, verb, ticket, moves, sees) for verb in Verb if verb not in NOT_OF_TICKETS]
    return Explanation(ticket, person, person.posts.get(ticket.department_id), tuple(rules), tuple(answers))


def _rules(session: Session, person: Actor, ticket_id: int) -> list[tuple[Rule, bool]]:
    """Each rule of sight and whether it holds, asked of the database as the lists ask it."""
    terms: dict[Rule, list[ColumnElement[bool]]] = {}
    for rule, term in sight_rules(person):
        terms.setdefault(rule, []).append(term)
    asked = select(*(or_(*some).label(rule) for rule, some in terms.items())).select_from(Ticket)
    row = session.execute(asked.where(Ticket.id == ticket_id)).one()
    holds = dict(zip(terms, row, strict=True))
    return [(rule, bool(holds.get(rule))) for rule in Rule]


def _answer(person: Actor, verb: Verb, ticket: Ticket, moves: Iterable[Verb], sees: bool) -> Answer:
    by = grounds(person, verb, ticket) if sees else frozenset()  # doing needs seeing first
    possible = bool(by)
    if verb in MOVE_VERBS:
        possible = possible and verb in moves
    elif verb == Verb.COMMENT:
        possible = possible and can_comment(person, ticket)
    elif verb in (Verb.EDIT, Verb.SET_PRIORITY):
        possible = possible and can_edit(person, ticket)
    return Answer(verb, by, possible)


def audience(
    session: Session,
    *,
    department_id: int | None,
    assignee_id: int | None,
    actor: Actor,
    ticket: Ticket | None = None,
) -> list[Viewer]:
    """Who will see the ticket that is being written, or ``ticket`` once it is sent there, by name.

    Those who will be told stand first. Raises Invalid for a place that takes no tickets.
    """
    place = resolve_placement(session, department_id, assignee_id)
    placed = Ticket(
        id=ticket.id if ticket else None,
        priority=ticket.priority if ticket else Priority.NORMAL,
        state=State.FREE,
        author_id=ticket.author_id if ticket else actor.id,
        department_id=place[0],
        assignee_id=place[1],
        taken_by_id=None,
        done_by_id=None,
    )
    kind, old = Kind.TICKET_CREATED, {}
    if ticket is not None:
        kind = Kind.TICKET_TRANSFERRED
        old = {"assignee_id": ticket.assignee_id, "taken_by_id": ticket.taken_by_id}
    return _viewers(
        session, kind, placed, told_of(session, kind, placed, actor_id=actor.id, old=old), actor=actor
    )


def readers(session: Session, ticket: Ticket, *, actor: Actor) -> list[Viewer]:
    """Who will read a comment that ``actor`` leaves on the ticket now; those who will be told stand first."""
    kind = Kind.TICKET_COMMENTED
    return _viewers(session, kind, ticket, told_of(session, kind, ticket, actor_id=actor.id), actor=actor)


def _viewers(session: Session, kind: Kind, placed: Ticket, told: set[int], *, actor: Actor) -> list[Viewer]:
    """Who sees it, by name; over which channels is asked of the code that plans real news."""
    everybody, seeing = active_actors(session), viewers(session, placed)
    people = read_people(session, [one for one in everybody if one.id in told])
    channels: dict[int, list[str]] = {}
    for plan in plan_for(session, people, kind, placed, actor_id=actor.id):
        named = channels.setdefault(plan.user_id, [])
        if (name := kind_of(plan.channel)) not in named:
            named.append(name)
    found = [
        Viewer(one.id, one.full_name, tuple(channels.get(one.id, ())))
        for one in everybody
        if one.id in seeing
    ]
    return sorted(found, key=lambda one: (not one.channels, one.full_name, one.id))
