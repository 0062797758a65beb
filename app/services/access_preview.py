"""What a change of the matrix would do, before it is done: who sees more, who sees less.

Counted by the very predicate that is enforced, for the person as he is and as he would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app.grid import current_grid
from app.policy import Actor, Verb, active_actors, is_visible
from app.services.access import Change, check_changes
from app.services.box_query import archived, live
from models import Staff, Ticket, utcnow

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Difference:
    """Tickets that one sees and the other does not: live ones by assignee, and those in the archive.

    Each number is exact up to :data:`MOST_COUNTED`; one more stands for "more than that".
    """

    live: int = 0
    archived: int = 0
    personal: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Effect:
    """What the changes mean for one person, while their dates hold."""

    user_id: int
    full_name: str
    is_administrator: bool
    changes: tuple[Change, ...]
    gained: Difference = field(default_factory=Difference)
    lost: Difference = field(default_factory=Difference)
    may_now: frozenset[Verb] = frozenset()
    may_no_more: frozenset[Verb] = frozenset()


def preview_changes(session: Session, changes: Sequence[Change], *, actor: Actor) -> list[Effect]:
    """The effects by person, in the order of the changes. Raises as :func:`check_changes` does."""
    changes = check_changes(session, changes, actor=actor)
    people = {person.id: person for person in active_actors(session)}
    by_person: dict[int, list[Change]] = {}
    for change in changes:
        by_person.setdefault(change.user_id, []).append(change)
    return [_effect(session, people[user_id], some) for user_id, some in by_person.items()]


def _effect(session: Session, before: Actor, changes: Sequence[Change]) -> Effect:
    after = _changed(session, before, changes)
    departments = sorted({change.department_id for change in changes})
    may_before = {verb for one in departments if one in before.posts for verb in before.posts[one].verbs}
    may_after = {verb for one in departments if one in after.posts for verb in after.posts[one].verbs}
    return Effect(
        user_id=before.id,
        full_name=before.full_name,
        is_administrator=before.is_administrator,
        changes=tuple(changes),
        gained=_difference(session, after, before, departments),
        lost=_difference(session, before, after, departments),
        may_now=frozenset(may_after - may_before),
        may_no_more=frozenset(may_before - may_after),
    )


def _changed(session: Session, person: Actor, changes: Sequence[Change]) -> Actor:
    """The person with the changed cells, as if their dates held already."""
    grid, now = current_grid(session), utcnow()
    posts = dict(person.posts)
    for change in changes:
        posts.pop(change.department_id, None)
        if change.now.role and not change.now.is_over(now):
            posts[change.department_id] = grid.post(change.now.role, change.department_id)
    return person.with_posts(posts)


def _difference(session: Session, sees: Actor, blind: Actor, departments: Sequence[int]) -> Difference:
    if sees.posts == blind.posts or sees.is_administrator:
        return Difference()
    # "is not true": a rule that compares with an empty column says neither yes nor no
    only = [Ticket.department_id.in_(departments), is_visible(sees), is_visible(blind).is_not(true())]
    counted: dict[int | None, int] = {}
    scan = select(Ticket.assignee_id).where(live(), *only).limit(MOST_COUNTED + 1).subquery()
    for assignee_id, number in session.execute(
        select(scan.c.assignee_id, func.count()).group_by(scan.c.assignee_id)
    ):
        counted[assignee_id] = number
    names = _names(session, [number for number in counted if number is not None])
    personal = sorted(((names[one], counted[one]) for one in names), key=lambda pair: (-pair[1], pair[0]))
    return Difference(sum(counted.values()), _count(session, archived(), *only), tuple(personal))


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    scan = select(Ticket.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(scan)) or 0


def _names(session: Session, ids: list[int]) -> dict[int, str]:
    if not ids:
        return {}
    query = select(Staff.id, Staff.first_name, Staff.last_name).where(Staff.id.in_(ids))
    return {row.id: f"{row.first_name} {row.last_name}".strip() for row in session.execute(query)}
