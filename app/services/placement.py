"""Where a ticket may be sent: departments, and the people who work in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import Invalid
from app.grid import grid_of, stamp_now
from app.policy import Verb, current_membership
from app.services.absences import today
from app.services.rows import find_row, is_id
from models import Absence, Department, Membership, Staff, State, Ticket


@dataclass(frozen=True)
class Addressee:
    """A person who can be sent a ticket, with the number of tickets he has in work."""

    id: int
    full_name: str
    department_id: int
    role: str
    in_work: int
    away_until: date | None = None
    stand_in: str = ""


def open_departments(session: Session) -> list[Department]:
    """Departments that receive tickets, in their order."""
    query = select(Department).where(Department.is_hidden.is_(False))
    return list(session.scalars(query.order_by(Department.position, Department.name)))


def addressees(session: Session) -> list[Addressee]:
    """Everyone to whom a ticket can be sent, per department, by name: who can take it there."""
    in_work = (
        select(Ticket.taken_by_id, func.count().label("number"))
        .where(Ticket.state == State.IN_WORK)
        .group_by(Ticket.taken_by_id)
        .subquery()
    )
    stand_in = aliased(Staff)
    away = and_(Absence.user_id == Staff.id, Absence.until >= today())
    rows = session.execute(
        select(
            Staff.id,
            Staff.first_name,
            Staff.last_name,
            Membership.department_id,
            Membership.role,
            func.coalesce(in_work.c.number, 0).label("in_work"),
            Absence.until,
            stand_in.first_name.label("stand_in_first"),
            stand_in.last_name.label("stand_in_last"),
            stamp_now().label("stamp"),
        )
        .join(Membership, and_(Membership.user_id == Staff.id, current_membership()))
        .join(Department, and_(Department.id == Membership.department_id, Department.is_hidden.is_(False)))
        .outerjoin(in_work, in_work.c.taken_by_id == Staff.id)
        .outerjoin(Absence, away)
        .outerjoin(stand_in, stand_in.id == Absence.stand_in_id)
        .where(Staff.active.is_(True))
        .order_by(Staff.first_name, Staff.last_name)
    )
    return [
        Addressee(
            id=row.id,
            full_name=f"{row.first_name} {row.last_name}",
            department_id=row.department_id,
            role=row.role,
            in_work=row.in_work,
            away_until=row.until,
            stand_in=f"{row.stand_in_first or ''} {row.stand_in_last or ''}".strip(),
        )
        for row in rows
        if _takes(session, row)
    ]


def resolve_placement(
    session: Session, department_id: int | None, assignee_id: int | None
) -> tuple[int, int | None]:
    """Return the checked (department, assignee). A person alone fills his only department.

    Raises Invalid naming the field when the department takes no tickets, or the person is not
    active in it.
    """
    if department_id is None and assignee_id is not None:
        department_id = _only_department(session, assignee_id)
    if department_id is None:
        raise Invalid(fields={"department_id": _("Choose a department or a person.")})
    department = find_row(session, Department, department_id)
    if department is None or department.is_hidden:
        raise Invalid(fields={"department_id": _("This department takes no tickets: choose another.")})
    if assignee_id is not None and department_id not in _departments_of(session, assignee_id):
        raise Invalid(
            fields={"assignee_id": _("This person does not work in that department: choose another.")}
        )
    return department_id, assignee_id


def _departments_of(session: Session, user_id: int) -> list[int]:
    if not is_id(user_id):
        return []
    query = (
        select(Membership.department_id, Membership.role, stamp_now().label("stamp"))
        .join(Staff, Staff.id == Membership.user_id)
        .where(Membership.user_id == user_id, Staff.active.is_(True), current_membership())
    )
    return [row.department_id for row in session.execute(query) if _takes(session, row)]


def _takes(session: Session, row: Any) -> bool:
    """Whether the role lets its holder work on a ticket there: nothing is sent to who only looks on."""
    return Verb.TAKE in grid_of(session, row.stamp).post(row.role, row.department_id).verbs


def _only_department(session: Session, user_id: int) -> int:
    departments = _departments_of(session, user_id)
    if len(departments) != 1:
        raise Invalid(
            fields={"department_id": _("Choose the department: this person works in several or none.")}
        )
    return departments[0]
