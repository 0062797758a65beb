"""What is measured: the pages that people open all day, as an employee and as a coordinator of everything."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from models import Client, Department, State, Ticket
from tests.bench.load import Browser
from tests.support.factories import make_user

PASSWORD = "bench password 1A"


@dataclass(frozen=True)
class Case:
    """One row of the table. ``aim`` is the p50 in milliseconds that we want (peers.md)."""

    name: str
    login: str
    send: Callable[[Browser], tuple[int, str]]
    aim: float


@dataclass(frozen=True)
class People:
    """The bench's own staff, and rows for the cases to ask for."""

    department_id: int
    client_id: int
    ticket_id: int
    deep_cursor: int
    surname: str
    phone: str


def prepare(session: Session) -> People:
    """Make an employee of one department and a coordinator of all; choose what they will look at."""
    departments = list(session.scalars(select(Department).order_by(Department.id)))
    hashed = generate_password_hash(PASSWORD)
    employee = make_user(session, "bench-employee", employee_of=departments[:1])
    coordinator = make_user(session, "bench-coordinator", coordinator_of=departments)
    for user in (employee, coordinator):
        user.password = hashed
    client = session.scalars(select(Client).order_by(Client.tickets_count.desc()).limit(1)).one()
    live = select(Ticket.id).where(Ticket.state != State.ARCHIVED, Ticket.assignee_id.is_(None))
    ticket_id = session.scalars(
        live.where(Ticket.department_id == departments[0].id).order_by(Ticket.id.desc()).limit(1)
    ).one()
    newest = session.scalar(select(func.max(Ticket.id))) or 0
    people = People(
        department_id=departments[0].id,
        client_id=client.id,
        ticket_id=ticket_id,
        deep_cursor=max(50, newest - 25 * 1000 if newest > 50_000 else newest // 2),
        surname=client.full_name.split()[0],
        phone=client.phone,
    )
    session.commit()
    return people


def cases(people: People) -> list[Case]:
    """Every case for both kinds of people where it differs."""

    def get(path: str) -> Callable[[Browser], tuple[int, str]]:
        return lambda browser: browser.get(path)

    def create(browser: Browser) -> tuple[int, str]:
        form = {
            "client_id": str(people.client_id),
            "department_id": str(people.department_id),
            "subject": "Не друкує принтер",
            "body": "З ранку, тільки з бухгалтерії.",
            "priority": "1",
            "request_key": str(uuid.uuid4()),
        }
        return browser.post("/tickets/new", form)

    deep = f"/tickets/archive?after={people.deep_cursor}"
    listed = [
        ("inbox, first page", "/tickets/inbox", 8.0),
        ("archive, page 1,000", deep, 8.0),
        ("home", "/", 10.0),
        ("one ticket", f"/tickets/{people.ticket_id}", 8.0),
        ("counters", "/tickets/counters", 4.0),
        ("client page", f"/clients/{people.client_id}", 8.0),
        ("look-up: surname", f"/clients/lookup?q={_quoted(people.surname)}", 4.0),
        ("look-up: common name", f"/clients/lookup?q={_quoted('олександр')}", 4.0),
        ("look-up: two letters", f"/clients/lookup?q={_quoted('ів')}", 4.0),
        ("look-up: phone", f"/clients/lookup?q={_quoted(people.phone or '2-34')}", 4.0),
        ("full text, common word", f"/tickets/search?q={_quoted('принтер')}", 15.0),
    ]
    found = [
        Case(name, login, get(path), aim)
        for name, path, aim in listed
        for login in ("bench-employee", "bench-coordinator")
    ]
    return [*found, Case("create", "bench-employee", create, 10.0)]


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


def statements_of(application: Flask, login: str, case: Case) -> tuple[int, float]:
    """How many statements one request sends, and the milliseconds the database alone takes for them."""
    from tests.bench.replay import count_and_replay

    return count_and_replay(application, login, case)


class InProcess:
    """A :class:`Browser` that calls the application without a server, for counting statements."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        answer = self.client.get(path)
        return answer.status_code, answer.get_data(as_text=True)

    def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Status and body."""
        answer = self.client.post(path, data=form)
        return answer.status_code, answer.get_data(as_text=True)
