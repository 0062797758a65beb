"""The page of one ticket: what it shows, costs and refuses."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Verb
from app.services.comments import add_comment
from app.services.tickets import edit_ticket, move_ticket, transfer_ticket
from models import Priority, Staff, Ticket, TicketRead
from tests.support.cast import Cast, make_cast
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

MISSING = (999_999, 2**31, 10**30)


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


def with_history(session: Session, number: int) -> tuple[Staff, Ticket]:
    """A ticket that was sent to and fro, with ``number`` comments and other tickets of its client."""
    here, there = make_department(session), make_department(session)
    boss = make_user(session, coordinator_of=[here, there])
    worker = make_user(session, employee_of=[here, there])
    person = make_client(session, phones=["2-34", "(044) 239-02-34"])
    for _turn in range(number):
        make_ticket(session, author=worker, department=here, client=person)
    ticket = make_ticket(session, author=worker, department=here, client=person)
    actor = actor_of(session, boss)
    for turn in range(number):
        place = (there, here)[turn % 2]
        transfer_ticket(session, ticket, actor=actor, department_id=place.id, assignee_id=worker.id)
        add_comment(session, ticket, f"Comment {turn}", actor=actor_of(session, (boss, worker)[turn % 2]))
    session.commit()
    return boss, ticket


@pytest.mark.parametrize("number", [1, 12])
def test_the_page_costs_the_same_however_much_has_happened(
    client: FlaskClient, session: Session, number: int
) -> None:
    boss, ticket = with_history(session, number)
    address = f"/tickets/{ticket.id}"
    sign_in(client, boss)
    with count_queries() as first:
        assert client.get(address).status_code == 200
    with count_queries() as second:
        assert client.get(address).status_code == 200
    assert len(first) <= 10, str(first)
    assert len(second) <= 10, str(second)


# ------------------------------------------------------------------------------------ sight


@pytest.mark.parametrize("path", ["", "/print", "/comments"])
def test_a_team_mate_opens_it_and_a_stranger_finds_nothing(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    address = f"/tickets/{cast.tickets['a_free']}{path}"
    for who in ("worker_a", "boss_b_worker_a", "boss_a", "author", "administrator"):
        assert as_person(client, session, cast, who).get(address).status_code == 200, who
    for who in ("worker_b", "stranger", "expired_boss_a", "assignee"):
        answer = as_person(client, session, cast, who).get(address)
        assert answer.status_code == 404, who


@pytest.mark.parametrize("path", ["", "/print", "/edit", "/transfer", "/comments", "/next"])
def test_hidden_and_missing_look_the_same(
    client: FlaskClient, session: Session, cast: Cast, path: str
) -> None:
    person = as_person(client, session, cast, "worker_a")
    number = cast.tickets["b_free"]
    hidden = person.get(f"/tickets/{number}{path}")
    assert hidden.status_code == 404
    for missing in MISSING:
        answer = person.get(f"/tickets/{missing}{path}")
        assert answer.status_code == 404
        assert strip(answer.text, missing) == strip(hidden.text, number)
    assert person.get(f"/tickets/abc{path}").status_code == 404
    assert person.get(f"/tickets/-1{path}").status_code == 404


def strip(page: str, number: int) -> str:
    """Without what differs on every answer: the number asked for, the nonce, the token, the time."""
    page = page.replace(f"/tickets/{number}", "/tickets/N")
    return re.sub(r'(nonce|content|name="csrf_token" value)="[^"]{20,}"|\d{13}', "", page)


def test_the_page_shows_text_with_safe_links_and_no_markup(client: FlaskClient, session: Session) -> None:
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    body = 'See https://wiki.local/a?b=1&c=2. <script>alert(1)</script> javascript:alert(1) "onclick="x'
    ticket = make_ticket(session, author=worker, department=department, body=body)
    session.commit()
    page = sign_in(client, worker).get(f"/tickets/{ticket.id}").text
    assert '<a href="https://wiki.local/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_the_timeline_has_names_and_both_values(client: FlaskClient, session: Session) -> None:
    here, there = make_department(session, name="Here"), make_department(session, name="There")
    boss = make_user(session, coordinator_of=[here, there], locale="en")
    worker = make_user(session, employee_of=[there], first_name="Olena", last_name="Kovalenko")
    ticket = make_ticket(session, author=boss, department=here)
    actor = actor_of(session, boss)
    with unit_of_work(session):
        transfer_ticket(session, ticket, actor=actor, department_id=there.id, assignee_id=worker.id)
        changes = {"priority": Priority.HIGH, "topic_text": "Printing"}
        edit_ticket(session, ticket, changes, version=ticket.version, actor=actor)
        move_ticket(session, ticket, Verb.TAKE, actor=actor_of(session, worker))
    page = sign_in(client, boss).get(f"/tickets/{ticket.id}").text
    history = page[page.index('class="hd-timeline"') :]
    assert "sent on: Here → There, Olena Kovalenko" in history
    assert "priority: normal → high; topic: none → Printing" in history
    assert "<b>Olena Kovalenko</b>: taken into work" in history


def test_reading_marks_it_read_for_the_reader_alone(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    number = cast.tickets["a_free"]
    as_person(client, session, cast, "worker_a").get(f"/tickets/{number}")
    marks = session.execute(select(TicketRead.user_id, TicketRead.activity)).all()
    assert marks == [(cast.people["worker_a"], 1)]


def test_the_neighbours_follow_the_list_one_came_from(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    first, second = cast.tickets["a_own"], cast.tickets["a_free"]
    origin = "inbox%3Fstate%3Dfree"
    down = worker.get(f"/tickets/{first}/next?from={origin}")
    assert down.location == f"/tickets/{second}?from={origin}"
    up = worker.get(f"/tickets/{second}/previous?from={origin}")
    assert up.location == f"/tickets/{first}?from={origin}"
    end = worker.get(f"/tickets/{second}/next?from={origin}")
    assert end.location == "/tickets/inbox?state=free"
    away = worker.get(f"/tickets/{second}/next?from=//evil.example")
    assert away.location.startswith("/tickets/")
