"""What a change of the roles would do, before it is done: for the roles, and for the people who hold them.

The change is really made, the rules are asked as they are then, and all of it is taken back: what is foretold
cannot differ from what would happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.actors import Actor, active_actors
from app.grid import Grid, Post, RoleRules, current_grid
from app.services.access_preview import Effect, Step, effects_of
from app.services.roles import role_labels
from models import Sight, Verb

MOST_PEOPLE = 20  # are counted and named; of more, only how many


@dataclass(frozen=True)
class RoleChange:
    """What becomes of one role: everywhere (``department_id`` None) or in one department alone.

    ``people``: how many active staff hold it now (in that department). ``sight`` and ``is_chief`` are None
    where they stay.
    """

    key: str
    department_id: int | None
    people: int
    label: str = ""
    new_label: str = ""
    sight: tuple[Sight, Sight] | None = None
    is_chief: bool | None = None
    may_now: frozenset[Verb] = frozenset()
    may_no_more: frozenset[Verb] = frozenset()


@dataclass(frozen=True)
class Forecast:
    """The roles that change and the people who feel it. ``others``: how many more than those named."""

    roles: tuple[RoleChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    others: int = 0


@dataclass(frozen=True)
class _World:
    grid: Grid
    people: Mapping[int, Actor]
    labels: Mapping[str, str]


def foretell(session: Session, change: Callable[[], object]) -> Forecast:
    """What ``change`` (of the roles alone) would do. Nothing of it stays; whatever it raises is passed on."""
    before = _look(session)
    attempt = session.begin_nested()
    try:
        change()
        after = _look(session)
    finally:
        attempt.rollback()
    steps = _steps(before, after)
    effects = effects_of(session, steps[:MOST_PEOPLE])
    return Forecast(tuple(_roles(before, after)), tuple(effects), max(0, len(steps) - MOST_PEOPLE))


def _look(session: Session) -> _World:
    people = {actor.id: actor for actor in active_actors(session)}
    return _World(current_grid(session), people, role_labels(session))


# ---------------------------------------------------------------------------------------- people


def _steps(before: _World, after: _World) -> list[Step]:
    """Whoever is something else afterwards; administrators may and see everything anyway.

    Those who will see more or less stand before those who may only do more or less.
    """
    found = []
    for number, person in before.people.items():
        then = after.people[number]
        places = tuple(sorted(one for one, post in person.posts.items() if then.posts.get(one) != post))
        if places and not person.is_administrator:
            found.append(Step(person, then, places))
    return sorted(found, key=lambda step: (not _sees_otherwise(step), step.before.full_name, step.before.id))


def _sees_otherwise(step: Step) -> bool:
    return any(step.before.posts[one].sight != step.after.posts[one].sight for one in step.departments)


# ----------------------------------------------------------------------------------------- roles


def _roles(before: _World, after: _World) -> list[RoleChange]:
    found = []
    for key, label in before.labels.items():
        old, new = before.grid.roles[key], after.grid.roles[key]
        everywhere = _change(before, key, None, _general(old), _general(new), after.labels[key])
        if _general(old) != _general(new) or label != after.labels[key]:
            found.append(everywhere)
        for department_id in _excepted(old, new):
            posts = old.post(department_id), new.post(department_id)
            if posts[0] != posts[1]:
                found.append(_change(before, key, department_id, *posts, after.labels[key]))
    return found


def _general(rules: RoleRules) -> Post:
    """What holds where no department says otherwise."""
    return Post(rules.key, rules.sight, rules.is_chief, rules.verbs)


def _excepted(old: RoleRules, new: RoleRules) -> Sequence[int]:
    """The departments whose own exceptions change."""
    places = {*old.exceptions, *new.exceptions, *old.sights, *new.sights}
    return sorted(
        one
        for one in places
        if old.exceptions.get(one, {}) != new.exceptions.get(one, {})
        or old.sights.get(one) != new.sights.get(one)
    )


def _change(
    before: _World, key: str, department_id: int | None, old: Post, new: Post, new_label: str
) -> RoleChange:
    holding = [
        person
        for person in before.people.values()
        if any(post.role == key and department_id in (None, place) for place, post in person.posts.items())
    ]
    label = before.labels[key]
    return RoleChange(
        key=key,
        department_id=department_id,
        people=len(holding),
        label=label,
        new_label=new_label if new_label != label else "",
        sight=(old.sight, new.sight) if old.sight != new.sight else None,
        is_chief=new.is_chief if old.is_chief != new.is_chief else None,
        may_now=new.verbs - old.verbs,
        may_no_more=old.verbs - new.verbs,
    )
