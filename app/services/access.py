"""People × departments: who is what where, read as a table and changed many cells at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from flask_appbuilder.security.sqla.models import assoc_user_role
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Conflict, Invalid
from app.events import Kind, record
from app.policy import ADMINISTRATOR_ROLE, Actor
from app.services.roles import ensure_administrator
from models import Department, Membership, Staff, WorkRole, utcnow

MOST_CHANGES = 2000


@dataclass(frozen=True)
class Cell:
    """What a person is in a department; ``role`` "" is nothing, dates as in ``Membership``."""

    role: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def is_dated(self) -> bool:
        """Whether it begins or ends by itself."""
        return self.valid_from is not None or self.valid_until is not None

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended already."""
        return self.valid_until is not None and self.valid_until <= now


@dataclass(frozen=True)
class Change:
    """One cell: what the administrator saw there, and what it is to be."""

    user_id: int
    department_id: int
    was: Cell
    now: Cell


@dataclass(frozen=True)
class PersonRow:
    """A row of the matrix: an active staff member."""

    id: int
    full_name: str
    initials: str
    username: str
    screens: tuple[str, ...] = ()
    cells: dict[int, Cell] = field(default_factory=dict)

    @property
    def is_administrator(self) -> bool:
        """Whether he holds the administrators' set of screens himself."""
        return ADMINISTRATOR_ROLE in self.screens


def read_people(session: Session) -> list[PersonRow]:
    """All active staff by name with their cells, ended ones included."""
    people = {
        row.id: PersonRow(
            id=row.id,
            full_name=f"{row.first_name} {row.last_name}".strip(),
            initials=f"{row.first_name[:1]}{row.last_name[:1]}".upper(),
            username=row.username,
        )
        for row in session.execute(
            select(Staff.id, Staff.first_name, Staff.last_name, Staff.username)
            .where(Staff.active.is_(True))
            .order_by(Staff.first_name, Staff.last_name, Staff.id)
        )
    }
    for place in session.scalars(select(Membership)):
        if place.user_id in people:
            people[place.user_id].cells[place.department_id] = _cell(place)
    return list(_with_screens(session, people).values())


def _with_screens(session: Session, people: dict[int, PersonRow]) -> dict[int, PersonRow]:
    """The same people with FAB's roles, which say what screens they open."""
    names: dict[int, list[str]] = {}
    query = select(assoc_user_role.c.user_id, ScreenRole.name).join(
        ScreenRole, ScreenRole.id == assoc_user_role.c.role_id
    )
    for user_id, name in session.execute(query.order_by(ScreenRole.name)):
        names.setdefault(user_id, []).append(name)
    return {
        number: PersonRow(
            person.id,
            person.full_name,
            person.initials,
            person.username,
            tuple(names.get(number, ())),
            person.cells,
        )
        for number, person in people.items()
    }


def all_departments(session: Session) -> list[Department]:
    """All departments in their order; hidden ones last, because roles in them still count."""
    order = (Department.is_hidden, Department.position, Department.name)
    return list(session.scalars(select(Department).order_by(*order)))


def check_changes(session: Session, changes: Sequence[Change], *, actor: Actor) -> list[Change]:
    """Those of the changes that change something.

    Raises Forbidden, Invalid (no such person, department or role; dates that end before they begin), or
    Conflict when a cell is not what the administrator saw.
    """
    ensure_administrator(actor)
    changes = [change for change in changes if change.was != change.now]
    if len(changes) > MOST_CHANGES:
        raise Invalid(_("That is too much at once: save a part of it first."))
    users, departments = {c.user_id for c in changes}, {c.department_id for c in changes}
    if (
        _count(session, Staff, Staff.id.in_(users), Staff.active.is_(True)) != len(users)
        or _count(session, Department, Department.id.in_(departments)) != len(departments)
        or {c.now.role for c in changes if c.now.role} - set(session.scalars(select(WorkRole.key)))
    ):
        raise Invalid(_("A person, a department or a role is not there any more. Reload the page."))
    stored = _stored(session, changes)
    for change in changes:
        start, end = change.now.valid_from, change.now.valid_until
        if start and end and end <= start:
            raise Invalid(_("A role must end later than it begins: look at the dates."))
        place = stored.get((change.user_id, change.department_id))
        if (_cell(place) if place else Cell()) != change.was:
            raise _faster()
    return changes


def apply_changes(session: Session, changes: Sequence[Change], *, actor: Actor) -> set[int]:
    """Write the cells, each with its journal entry, and return the ids of those whose rights changed.

    Raises as :func:`check_changes` does. After the commit their pages must be told (popup.reconnect).
    """
    changes = check_changes(session, changes, actor=actor)
    stored = _stored(session, changes)
    for change in changes:
        try:
            with session.begin_nested():
                _write(session, change, stored.get((change.user_id, change.department_id)))
        except (IntegrityError, StaleDataError):
            raise _faster() from None
        record(
            session,
            Kind.ACCESS_CHANGED,
            actor=actor,
            subject=f"staff {change.user_id}",
            old=_told(change.department_id, change.was),
            new=_told(change.department_id, change.now),
        )
    return {change.user_id for change in changes}


def _faster() -> Conflict:
    return Conflict(
        _("Someone has changed the same cell meanwhile. Nothing was saved: reload the page and look.")
    )


def _write(session: Session, change: Change, place: Membership | None) -> None:
    if not change.now.role:
        session.delete(place)
    else:
        if place is None:
            place = Membership(user_id=change.user_id, department_id=change.department_id)
            session.add(place)
        place.role = change.now.role
        place.valid_from, place.valid_until = change.now.valid_from, change.now.valid_until
    session.flush()


def _stored(session: Session, changes: Sequence[Change]) -> dict[tuple[int, int], Membership]:
    query = select(Membership).where(Membership.user_id.in_({change.user_id for change in changes}))
    rows = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {(row.user_id, row.department_id): row for row in rows}


def _cell(place: Membership) -> Cell:
    return Cell(str(place.role), place.valid_from, place.valid_until)


def _told(department_id: int, cell: Cell) -> dict[str, Any]:
    told: dict[str, Any] = {"department_id": department_id, "role": cell.role or None}
    if cell.is_dated:
        told |= {"valid_from": cell.valid_from, "valid_until": cell.valid_until}
    return told


def _count(session: Session, table: Any, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def holds_now(cell: Cell, now: datetime | None = None) -> bool:
    """Whether a cell counts at this moment."""
    now = now or utcnow()
    begun = cell.valid_from is None or cell.valid_from <= now
    return bool(cell.role) and begun and not cell.is_over(now)
