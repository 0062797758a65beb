"""How many tickets one person sees and another does not, for many such pairs at once.

Counted by the very predicate that is enforced (app.policy), in a number of statements that depends neither on
the tickets nor, up to a bound, on the pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Integer, cast, func, literal, null, select, true, union_all
from sqlalchemy.orm import Session

from app.policy import Actor, is_visible
from app.services.box_query import archived, live
from models import Staff, Ticket

MOST_COUNTED = 1000
PAIRS_AT_ONCE = 40  # in one statement: SQLite unites at most 500 parts


@dataclass(frozen=True)
class Pair:
    """Two states of one person (or two people) and the departments in which they differ."""

    sees: Actor
    blind: Actor
    departments: Sequence[int]


@dataclass(frozen=True)
class Difference:
    """Tickets that one sees and the other does not: live ones by assignee, and those in the archive.

    Each number is exact up to :data:`MOST_COUNTED`; one more stands for "more than that".
    """

    live: int = 0
    archived: int = 0
    personal: tuple[tuple[str, int], ...] = ()


@dataclass
class _Counted:
    live: dict[int | None, int] = field(default_factory=dict)
    archived: int = 0


def differences(session: Session, pairs: Sequence[Pair]) -> list[Difference]:
    """What ``sees`` sees and ``blind`` does not, for each pair, in the order of the pairs."""
    found = [_Counted() for _pair in pairs]
    asked = [(number, pair) for number, pair in enumerate(pairs) if _may_differ(pair)]
    for some in _chunks(asked):
        parts = [part for number, pair in some for part in _scans(number, pair)]
        for number, is_live, assignee_id, count in session.execute(union_all(*parts)):
            if is_live:
                found[number].live[assignee_id] = count
            else:
                found[number].archived = count
    names = _names(session, {one for counted in found for one in counted.live if one is not None})
    return [_difference(counted, names) for counted in found]


def _may_differ(pair: Pair) -> bool:
    """Whether asking is worth it: other rights to act alone change nothing of what is seen."""
    if pair.sees.is_administrator or pair.blind.is_administrator:
        return pair.sees.is_administrator != pair.blind.is_administrator
    return any(_sight(pair.sees, one) != _sight(pair.blind, one) for one in pair.departments)


def _sight(person: Actor, department_id: int) -> Any:
    post = person.posts.get(department_id)
    return post.sight if post else None


def _chunks(asked: list[tuple[int, Pair]]) -> list[list[tuple[int, Pair]]]:
    return [asked[start : start + PAIRS_AT_ONCE] for start in range(0, len(asked), PAIRS_AT_ONCE)]


def _scans(number: int, pair: Pair) -> list[Any]:
    """Two selects of (pair, is live, assignee, count), each of at most so many rows."""
    # "is not true": a rule that compares with an empty column says neither yes nor no
    only = [
        Ticket.department_id.in_(pair.departments),
        is_visible(pair.sees),
        is_visible(pair.blind).is_not(true()),
    ]
    here = select(Ticket.assignee_id).where(live(), *only).limit(MOST_COUNTED + 1).subquery()
    old = select(Ticket.id).where(archived(), *only).limit(MOST_COUNTED + 1).subquery()
    nobody = cast(null(), Integer)
    return [
        select(literal(number), literal(1), here.c.assignee_id, func.count()).group_by(here.c.assignee_id),
        select(literal(number), literal(0), nobody, func.count()).select_from(old),
    ]


def _difference(counted: _Counted, names: dict[int, str]) -> Difference:
    people = [(names[one], number) for one, number in counted.live.items() if one in names]
    personal = sorted(people, key=lambda pair: (-pair[1], pair[0]))
    return Difference(sum(counted.live.values()), counted.archived, tuple(personal))


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    query = select(Staff.id, Staff.first_name, Staff.last_name).where(Staff.id.in_(ids))
    return {row.id: f"{row.first_name} {row.last_name}".strip() for row in session.execute(query)}
