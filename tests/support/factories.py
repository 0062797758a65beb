"""Rows for tests: plain functions that flush, so that ids are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.policy import ADMINISTRATOR_ROLE, Actor, load_actor
from app.security.permissions import STAFF_ROLE
from app.services.roles import renew_stamp
from models import (
    Client,
    ClientPhone,
    Department,
    Membership,
    Role,
    RoleVerb,
    Sight,
    Staff,
    State,
    Ticket,
    Topic,
    Unit,
    WorkRole,
    utcnow,
)

_numbers = itertools.count(1)


def make_department(session: Session, name: str = "", **values: Any) -> Department:
    """A department that takes tickets."""
    department = Department(name=name or f"Department {next(_numbers)}", **values)
    session.add(department)
    session.flush()
    return department


def make_user(
    session: Session,
    username: str = "",
    *,
    coordinator_of: Iterable[Department] = (),
    employee_of: Iterable[Department] = (),
    administrator: bool = False,
    **values: Any,
) -> Staff:
    """An active staff member with the screens of his kind and the given memberships."""
    username = username or f"user{next(_numbers)}"
    values.setdefault("first_name", username.capitalize())
    values.setdefault("last_name", "Tester")
    values.setdefault("locale", "en")
    user = Staff(username=username, email=f"{username}@corp.example", password="", **values)
    user.active = values.get("active", True)
    names = [ADMINISTRATOR_ROLE] if administrator else [STAFF_ROLE]
    user.roles = list(session.scalars(select(ScreenRole).where(ScreenRole.name.in_(names))))
    session.add(user)
    session.flush()
    for department in coordinator_of:
        make_membership(session, user, department, Role.COORDINATOR)
    for department in employee_of:
        make_membership(session, user, department, Role.EMPLOYEE)
    return user


def make_membership(
    session: Session,
    user: Staff,
    department: Department,
    role: str = Role.EMPLOYEE,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> Membership:
    """A role in a department."""
    membership = Membership(
        user_id=user.id,
        department_id=department.id,
        role=role,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    session.add(membership)
    session.flush()
    return membership


def make_role(
    session: Session,
    name: str = "",
    *,
    verbs: Iterable[str] = (),
    sight: str = Sight.OWN,
    is_chief: bool = False,
) -> WorkRole:
    """A role of an administrator's own making."""
    number = next(_numbers)
    role = WorkRole(
        key=f"role_{number}", name=name or f"Role {number}", sight=sight, is_chief=is_chief, position=number
    )
    role.verbs = [RoleVerb(verb=verb) for verb in verbs]
    session.add(role)
    renew_stamp(session)
    return role


def make_unit(session: Session, name: str = "", **values: Any) -> Unit:
    """A unit of the organisation."""
    unit = Unit(name=name or f"Unit {next(_numbers)}", **values)
    session.add(unit)
    session.flush()
    return unit


def make_topic(session: Session, name: str = "", **values: Any) -> Topic:
    """A topic of the list."""
    topic = Topic(name=name or f"Topic {next(_numbers)}", **values)
    session.add(topic)
    session.flush()
    return topic


def make_client(
    session: Session, full_name: str = "", *, phones: Iterable[str] = (), **values: Any
) -> Client:
    """A client that the look-up finds."""
    from app.services.client_rows import reindex_client
    from app.text import phone_digits

    client = Client(full_name=full_name or f"Client {next(_numbers)}", **values)
    for position, number in enumerate(phones):
        digits = phone_digits(number)
        client.phones.append(ClientPhone(number=number, digits=digits, tail=digits[::-1], position=position))
    session.add(client)
    session.flush()
    reindex_client(session, client)
    session.flush()
    return client


def make_ticket(
    session: Session, *, author: Staff, department: Department, client: Client | None = None, **values: Any
) -> Ticket:
    """A ticket as it stands in the table, past the services. ``taken_by`` and the like are rows."""
    for name in ("assignee", "taken_by", "done_by", "topic"):
        if name in values:
            row = values.pop(name)
            values[f"{name}_id"] = row.id if row is not None else None
    if values.get("taken_by_id"):
        values.setdefault("state", State.IN_WORK)
        values.setdefault("taken_at", utcnow())
    if values.get("state") in (State.DONE, State.ARCHIVED):
        values.setdefault("done_at", utcnow())
        values.setdefault("done_by_id", author.id)
    if values.get("state") == State.ARCHIVED:
        values.setdefault("archived_at", utcnow())
    ticket = Ticket(
        author_id=author.id,
        department_id=department.id,
        client_id=(client or make_client(session)).id,
        subject=values.pop("subject", f"Subject {next(_numbers)}"),
        **values,
    )
    session.add(ticket)
    session.flush()
    return ticket


def actor_of(session: Session, user: Staff) -> Actor:
    """The person as the policy sees him."""
    return load_actor(session, user.id)
