"""A department or a colleague by what somebody calls them in a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.services.placement import addressees, open_departments
from app.text import fold_words
from models import Staff, Ticket

MOST_NAMED = 10
_STEM = 5  # letters that a word must share with the name, whatever its ending


@dataclass(frozen=True)
class Place:
    """Where a ticket may go, and all that it is called."""

    label: str
    names: tuple[str, ...]
    department_id: int
    assignee_id: int | None = None


def find_place(session: Session, words: str, ticket: Ticket) -> Place:
    """The one place that is meant; raises Invalid naming the choices, or that there is none.

    What is called exactly so goes before what only begins so, and that before what is nearly called so.
    """
    if not fold_words(words):
        raise Invalid(_("Where to? Write a department or a colleague, such as: to printers 123."))
    places = _places(session)
    for matches in (_is_called, _begins, _is_like):
        found = _nearest([place for place in places if matches(words, place)], ticket)
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(place.label for place in found[:MOST_NAMED])
            raise Invalid(_("Which one do you mean? %(names)s", names=names))
    raise Invalid(_("No department and no colleague is called “%(name)s”.", name=words[:60]))


def _places(session: Session) -> list[Place]:
    departments = {one.id: one for one in open_departments(session)}
    people = addressees(session)
    logins = dict(
        session.execute(
            select(Staff.id, Staff.username).where(Staff.id.in_({one.id for one in people}))
        ).all()
    )
    places = [
        Place(one.name, tuple(name for name in (one.name, one.short_name) if name), one.id)
        for one in departments.values()
    ]
    places += [
        Place(
            f"{one.full_name} ({departments[one.department_id].name})",
            (logins[one.id], one.full_name),
            one.department_id,
            one.id,
        )
        for one in people
    ]
    return places


def _nearest(found: list[Place], ticket: Ticket) -> list[Place]:
    """Of one person in several departments the one in the ticket's own, if he works there."""
    here = {place.assignee_id for place in found if place.department_id == ticket.department_id}
    return [
        place
        for place in found
        if place.assignee_id is None
        or place.assignee_id not in here
        or place.department_id == ticket.department_id
    ]


def _is_called(words: str, place: Place) -> bool:
    said = fold_words(words)
    return any(sorted(fold_words(name)) == sorted(said) for name in place.names) or any(
        name.casefold() == words.casefold() for name in place.names
    )


def _begins(words: str, place: Place) -> bool:
    return _all_meet(words, place, lambda said, name: name.startswith(said))


def _is_like(words: str, place: Place) -> bool:
    """The same word with another ending: «в бухгалтерію» means «Бухгалтерія»."""
    return _all_meet(
        words, place, lambda said, name: len(said) > _STEM and name[: len(said) - 2] == said[:-2]
    )


def _all_meet(words: str, place: Place, meets: Callable[[str, str], bool]) -> bool:
    said = fold_words(words)
    return any(
        all(any(meets(one, word) for word in fold_words(name)) for one in said) for name in place.names
    )
