"""What a change of the matrix would do, before it is done: who sees more, who sees less.

Counted by the very predicate that is enforced, for the person as he is and as he would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from app.grid import Grid, current_grid
from app.policy import Actor, Verb, active_actors
from app.services.access import Change, check_changes
from app.services.sight_difference import Difference, Pair, differences
from models import utcnow


@dataclass(frozen=True)
class Step:
    """A person as he is and as he would be, and the departments in which the two may differ."""

    before: Actor
    after: Actor
    departments: tuple[int, ...]


@dataclass(frozen=True)
class Effect:
    """What the changes mean for one person, while their dates hold."""

    user_id: int
    full_name: str
    is_administrator: bool
    changes: tuple[Change, ...] = ()
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
    grid = current_grid(session)
    steps = [_step(grid, people[user_id], some) for user_id, some in by_person.items()]
    return [
        replace(effect, changes=tuple(by_person[effect.user_id])) for effect in effects_of(session, steps)
    ]


def effects_of(session: Session, steps: Sequence[Step]) -> list[Effect]:
    """What each step means for its person, in the order of the steps, counted in a few statements."""
    gained = differences(session, [Pair(one.after, one.before, one.departments) for one in steps])
    lost = differences(session, [Pair(one.before, one.after, one.departments) for one in steps])
    return [_effect(*parts) for parts in zip(steps, gained, lost, strict=True)]


def _effect(step: Step, gained: Difference, lost: Difference) -> Effect:
    before, after = _verbs(step.before, step.departments), _verbs(step.after, step.departments)
    return Effect(
        user_id=step.before.id,
        full_name=step.before.full_name,
        is_administrator=step.before.is_administrator,
        gained=gained,
        lost=lost,
        may_now=after - before,
        may_no_more=before - after,
    )


def _verbs(person: Actor, departments: Sequence[int]) -> frozenset[Verb]:
    return frozenset(verb for one in departments if one in person.posts for verb in person.posts[one].verbs)


def _step(grid: Grid, person: Actor, changes: Sequence[Change]) -> Step:
    departments = tuple(sorted({change.department_id for change in changes}))
    return Step(person, _changed(grid, person, changes), departments)


def _changed(grid: Grid, person: Actor, changes: Sequence[Change]) -> Actor:
    """The person with the changed cells, as if their dates held already."""
    now = utcnow()
    posts = dict(person.posts)
    for change in changes:
        posts.pop(change.department_id, None)
        if change.now.role and not change.now.is_over(now):
            posts[change.department_id] = grid.post(change.now.role, change.department_id)
    return person.with_posts(posts)
