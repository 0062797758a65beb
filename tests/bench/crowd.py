"""Many people with open pages: their accounts, their sessions, and who writes the tickets."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, session
from flask_wtf.csrf import generate_csrf

from app.extensions import db
from models import Staff
from tests.support.factories import make_client, make_department, make_user
from tests.support.signing import session_cookie

TOGETHER = 8  # people of one department


@dataclass(frozen=True)
class Visitor:
    """One open page's session. ``is_hidden``: another page of the person is in front."""

    user_id: int
    cookie: str
    token: str
    is_hidden: bool


@dataclass(frozen=True)
class Crowd:
    """Everybody, and where tickets may go: turn by turn to a whole department and to one person."""

    visitors: list[Visitor]
    writer: Visitor
    client_id: int
    department_ids: list[int]
    person_ids: list[int]

    def address(self, number: int) -> dict[str, int]:
        """Whom the ticket of this number is sent to."""
        turn = number // 2
        if number % 2:
            return {"assignee_id": self.person_ids[turn % len(self.person_ids)]}
        return {"department_id": self.department_ids[turn % len(self.department_ids)]}


def gather(application: Flask, *, pages: int, people: int) -> Crowd:
    """Make ``people`` in departments of :data:`TOGETHER`, and open ``pages`` sessions, shared out evenly."""
    with application.test_request_context():
        token = generate_csrf()
        raw = str(session["csrf_token"])
    with application.app_context():
        rows = db.session()
        departments = [make_department(rows) for _turn in range(-(-people // TOGETHER))]
        staff = [make_user(rows, employee_of=[departments[number // TOGETHER]]) for number in range(people)]
        writer = make_user(rows, employee_of=[make_department(rows)])
        client = make_client(rows)
        rows.commit()

        def visit(person: Staff, *, is_hidden: bool = False) -> Visitor:
            cookie = session_cookie(application, person, "http://127.0.0.1", csrf_token=raw)
            return Visitor(person.id, str(cookie["value"]), token, is_hidden)

        crowd = Crowd(
            visitors=[visit(staff[number % people], is_hidden=number >= people) for number in range(pages)],
            writer=visit(writer),
            client_id=client.id,
            department_ids=[department.id for department in departments],
            person_ids=[person.id for person in staff],
        )
        db.session.remove()
        db.engine.dispose()
    return crowd
