"""My day: true counters, only what the person may see, cheap."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.events import Kind, record
from models import State
from tests.support.cast import Cast, canaries, make_cast
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


def figure(page: str, name: str) -> int:
    """The number in one of the three figures."""
    return int(page.split(f'id="day-{name}"')[1].split(">")[1].split("<")[0])


def test_person_sees_his_three_counters(client: FlaskClient, session: Session) -> None:
    department, other = make_department(session), make_department(session)
    author, worker = make_user(session, employee_of=[other]), make_user(session, employee_of=[department])
    for _number in range(3):
        make_ticket(session, author=author, department=department)
    make_ticket(session, author=author, department=department, taken_by=worker)
    make_ticket(session, author=author, department=department, state=State.DONE, done_by=worker)
    page = sign_in(client, worker).get("/").text
    assert [figure(page, name) for name in ("free", "mine", "outbox_open")] == [3, 1, 0]
    page = sign_in(client, author).get("/").text
    assert [figure(page, name) for name in ("free", "mine", "outbox_open")] == [0, 0, 4]
    assert 'href="/tickets/inbox?state=free"' in page


KINDS_OF_PEOPLE = ["worker_a", "boss_a", "both", "author", "assignee", "stranger", "expired_boss_a"]


@pytest.mark.parametrize("name", KINDS_OF_PEOPLE)
def test_nobody_reads_at_home_what_he_may_not_see(client: FlaskClient, session: Session, name: str) -> None:
    from tests.support.cast import VISIBLE

    cast: Cast = make_cast(session)
    administrator = session.get_one(type(make_user(session)), cast.people["administrator"])
    for ticket_id in cast.tickets.values():
        record(session, Kind.TICKET_EDITED, actor=actor_of(session, administrator), ticket_id=ticket_id)
    person = session.get_one(type(administrator), cast.people[name])
    page = sign_in(client, person).get("/").text
    assert canaries(page) <= VISIBLE[name]
    assert bool(canaries(page)) == bool(VISIBLE[name])


def test_htmx_gets_the_living_part_alone(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))
    part = client.get("/", headers={"HX-Request": "true"}).text
    assert 'id="day-free"' in part
    assert "<html" not in part


def test_newcomer_is_told_what_to_do(client: FlaskClient, session: Session) -> None:
    assert "ask an administrator" in sign_in(client, make_user(session)).get("/").text
    worker = make_user(session, employee_of=[make_department(session)])
    assert 'href="/tickets/new">New ticket' in sign_in(client, worker).get("/").text


def test_home_costs_the_same_for_few_and_for_many(client: FlaskClient, session: Session) -> None:
    department = make_department(session)
    author, worker = make_user(session), make_user(session, employee_of=[department])
    caller, costs, written = make_client(session), [], 0
    for wanted in (3, 40):
        while written < wanted:
            ticket = make_ticket(session, author=author, department=department, client=caller)
            record(session, Kind.TICKET_CREATED, actor=actor_of(session, author), ticket_id=ticket.id,
                   new={"department_id": department.id})  # fmt: skip
            written += 1
        sign_in(client, worker).get("/")
        with count_queries() as sent:
            assert client.get("/").status_code == 200
        assert len(sent) <= 10, sent
        costs.append(len(sent))
    assert costs[0] == costs[1]


def test_home_needs_signing_in(client: FlaskClient, session: Session) -> None:
    assert client.get("/").status_code == 302
