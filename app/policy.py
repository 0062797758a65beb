"""THE row policy: who sees which ticket, and what he may do to it.

The rules of sight are ARCHITECTURE, section 2, each written once, as SQL: lists, pages, counters, search,
histories and socket recipients all start from :func:`sight_terms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from flask_appbuilder.security.sqla.models import (
    Role as ScreenRole,
)
from flask_appbuilder.security.sqla.models import (
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound
from models import Membership, Role, Staff, Ticket, utcnow

ADMINISTRATOR_ROLE = "Admin"


class Verb(StrEnum):
    """What a role may do to a ticket, or in general."""

    CREATE = "create"
    TAKE = "take"
    RELEASE = "release"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    RESTORE = "restore"
    COMMENT = "comment"
    EDIT = "edit"
    SET_PRIORITY = "set_priority"
    PLAN = "plan"
    SEE_STATISTICS = "see_statistics"
    EXPORT = "export"
    EDIT_CLIENTS = "edit_clients"


class Standing(StrEnum):
    """What a person is to one ticket: his role in its department, or his part in it."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    EMPLOYEE = "employee"
    AUTHOR = "author"
    ASSIGNEE = "assignee"


_WORK = frozenset(
    {Verb.TAKE, Verb.RELEASE, Verb.TRANSFER, Verb.COMPLETE, Verb.REOPEN, Verb.COMMENT}
)
# The default grid of role × verb (ARCHITECTURE, section 2). Which of these a ticket's present state
# allows, and to whom, is the transition table's business (app.workflow).
GRID: dict[Standing, frozenset[Verb]] = {
    Standing.ADMINISTRATOR: frozenset(Verb),
    Standing.COORDINATOR: frozenset(Verb),
    Standing.EMPLOYEE: _WORK | {Verb.CREATE, Verb.EDIT_CLIENTS},
    Standing.AUTHOR: _WORK | {Verb.EDIT, Verb.SET_PRIORITY},
    Standing.ASSIGNEE: _WORK,
}


@dataclass(frozen=True)
class Actor:
    """An active staff member as the rules see him at this moment.

    ``coordinates`` and ``works_in`` hold department ids and are disjoint.
    """

    id: int
    full_name: str = ""
    is_administrator: bool = False
    coordinates: frozenset[int] = field(default_factory=frozenset)
    works_in: frozenset[int] = field(default_factory=frozenset)
    locale: str = "uk"
    address: str = ""

    @property
    def departments(self) -> frozenset[int]:
        """Every department in which he has any role."""
        return self.coordinates | self.works_in


class Placement(Protocol):
    """Whatever has the three columns that sight depends on: a ticket, its table, or three values."""

    @property
    def author_id(self) -> Any: ...
    @property
    def assignee_id(self) -> Any: ...
    @property
    def department_id(self) -> Any: ...


@dataclass(frozen=True)
class _Values:
    """A placement made of bound values, for a ticket that is not (or no longer) stored like this."""

    author_id: ColumnElement[int]
    assignee_id: ColumnElement[int | None]
    department_id: ColumnElement[int]


# ------------------------------------------------------------------------------------- sight


def inbox_terms(actor: Actor, ticket: Any = Ticket) -> list[ColumnElement[bool]]:
    """The rules by which a ticket is *sent to* this person, one term each, meant to be OR-ed."""
    if actor.is_administrator:
        return [true()]  # rule 1
    terms: list[ColumnElement[bool]] = [ticket.assignee_id == actor.id]  # rule 3
    terms += [
        and_(ticket.assignee_id.is_(None), ticket.department_id == department)  # rule 4
        for department in sorted(actor.works_in)
    ]
    terms += [
        ticket.department_id == department  # rules 4 and 5
        for department in sorted(actor.coordinates)
    ]
    return terms


def sight_terms(actor: Actor, ticket: Any = Ticket) -> list[ColumnElement[bool]]:
    """All five rules of sight as SQL conditions, meant to be OR-ed.

    They are kept apart so that a list can ask one small index scan per rule (app.services.boxes).
    """
    if actor.is_administrator:
        return [true()]
    return [ticket.author_id == actor.id, *inbox_terms(actor, ticket)]  # rule 2 and the rest


def is_visible(actor: Actor, ticket: Any = Ticket) -> ColumnElement[bool]:
    """The rules of sight as one condition."""
    return or_(*sight_terms(actor, ticket))


def visible_tickets(actor: Actor) -> Select[Ticket]:
    """Every ticket this person sees: what any query that touches tickets starts from."""
    return select(Ticket).where(is_visible(actor))


def access_ticket(
    session: Session, ticket_id: int, *, actor: Actor, options: Iterable[Any] = ()
) -> Ticket:
    """Load a ticket that this person sees.

    Raises NotFound when there is none or it is hidden from him: the answer is the same.
    """
    query = visible_tickets(actor).where(Ticket.id == ticket_id).options(*options)
    known = 0 < ticket_id < 2**31  # beyond that the databases themselves would refuse
    ticket = session.scalars(query).unique().one_or_none() if known else None
    if ticket is None:
        raise NotFound(_("There is no such ticket, or it is not yours to see."))
    return ticket


def viewers(session: Session, *placements: Placement) -> set[int]:
    """Ids of all active staff who see a ticket placed like any of ``placements``.

    Evaluates the very predicate that is enforced, for every active person at once.
    """
    actors = active_actors(session)
    if not actors or not placements:
        return set()
    stored = [
        _Values(
            literal(place.author_id), literal(place.assignee_id), literal(place.department_id)
        )
        for place in placements
    ]
    queries = [
        select(literal(actor.id).label("id")).where(or_(*(is_visible(actor, p) for p in stored)))
        for actor in actors
    ]
    return set(session.scalars(union_all(*queries)))


# ------------------------------------------------------------------------------------ actors


def current_membership(moment: datetime | None = None) -> ColumnElement[bool]:
    """A membership outside its dates is nothing (``moment`` is now by default)."""
    moment = moment or utcnow()
    return and_(
        or_(Membership.valid_from.is_(None), Membership.valid_from <= moment),
        or_(Membership.valid_until.is_(None), Membership.valid_until > moment),
    )


def _administrators() -> Any:
    """Ids of those who hold FAB's administrator role, by themselves or through a group."""
    direct = (
        select(assoc_user_role.c.user_id)
        .join(ScreenRole, ScreenRole.id == assoc_user_role.c.role_id)
        .where(ScreenRole.name == ADMINISTRATOR_ROLE)
    )
    grouped = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .join(ScreenRole, ScreenRole.id == assoc_group_role.c.role_id)
        .where(ScreenRole.name == ADMINISTRATOR_ROLE)
    )
    return union(direct, grouped).subquery()


def _actors(session: Session, *conditions: ColumnElement[bool]) -> list[Actor]:
    """Actors of all active staff that meet the conditions, in one query."""
    administrators = _administrators()
    rows = session.execute(
        select(
            Staff.id,
            Staff.first_name,
            Staff.last_name,
            Staff.locale,
            administrators.c.user_id.is_not(None).label("is_administrator"),
            Membership.department_id,
            Membership.role,
        )
        .outerjoin(administrators, administrators.c.user_id == Staff.id)
        .outerjoin(Membership, and_(Membership.user_id == Staff.id, current_membership()))
        .where(Staff.active.is_(True), *conditions)
        .order_by(Staff.id)
    ).all()
    found: dict[int, Actor] = {}
    for row in rows:
        actor = found.get(row.id) or Actor(
            id=row.id,
            full_name=f"{row.first_name} {row.last_name}".strip(),
            is_administrator=bool(row.is_administrator),
            locale=row.locale,
        )
        if row.role == Role.COORDINATOR:
            actor = replace(actor, coordinates=actor.coordinates | {row.department_id})
        elif row.role is not None:
            actor = replace(actor, works_in=actor.works_in | {row.department_id})
        found[row.id] = actor
    return list(found.values())


def active_actors(session: Session) -> list[Actor]:
    """Everyone who may sign in now."""
    return _actors(session)


def load_actor(session: Session, user_id: int, *, address: str = "") -> Actor:
    """The person as the rules see him now. Raises NotFound for an unknown or disabled account."""
    actors = _actors(session, Staff.id == user_id)
    if not actors:
        raise NotFound(_("This account does not exist or is disabled."))
    return replace(actors[0], address=address)


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


def can(actor: Actor, verb: Verb, ticket: Placement) -> bool:
    """Whether the grid lets this person do this to a ticket that he sees."""
    return any(verb in GRID[standing] for standing in standings(actor, ticket))


def can_somewhere(actor: Actor, verb: Verb) -> bool:
    """Whether the grid lets this person do this in any department at all (clients have none)."""
    if actor.is_administrator:
        return verb in GRID[Standing.ADMINISTRATOR]
    return (bool(actor.coordinates) and verb in GRID[Standing.COORDINATOR]) or (
        bool(actor.works_in) and verb in GRID[Standing.EMPLOYEE]
    )


def is_chief(actor: Actor, ticket: Placement) -> bool:
    """Coordinator of the ticket's department, or administrator."""
    return bool(standings(actor, ticket) & {Standing.ADMINISTRATOR, Standing.COORDINATOR})


def ensure_can(actor: Actor, verb: Verb, ticket: Placement) -> None:
    """Raise Forbidden unless :func:`can`."""
    if not can(actor, verb, ticket):
        raise Forbidden(_("You see this ticket, but may not do this to it."))


def ensure_can_somewhere(actor: Actor, verb: Verb) -> None:
    """Raise Forbidden unless :func:`can_somewhere`."""
    if not can_somewhere(actor, verb):
        raise Forbidden(_("You may not do this."))
