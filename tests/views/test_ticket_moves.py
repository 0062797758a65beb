"""Moves of one ticket: made, too late, not his, hidden."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Verb
from app.services.tickets import move_ticket
from models import Comment, Membership, Priority, Staff, Ticket
from tests.support.cast import Cast, make_cast
from tests.support.factories import actor_of
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


@pytest.mark.parametrize("fragment", [True, False])
def test_a_worker_takes_and_completes(
    client: FlaskClient, session: Session, cast: Cast, fragment: bool
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    headers = {"HX-Request": "true"} if fragment else {}
    take = worker.post(f"/tickets/{number}/move/take", data={"version": 1}, headers=headers)
    assert take.status_code == (204 if fragment else 303)
    form = {"version": 2, "list": "inbox"}
    done = worker.post(f"/tickets/{number}/move/complete", data=form, headers=headers)
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.state, ticket.done_by_id, ticket.version) == ("done", cast.people["worker_a"], 3)
    if fragment:
        assert 'data-state="done"' in done.text
    else:
        assert done.location == "/tickets/inbox"


def test_a_row_that_leaves_its_list_answers_with_nothing(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    answer = worker.post(
        f"/tickets/{cast.tickets['a_free']}/move/take",
        data={"version": 1, "list": "inbox?state=free"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("fragment", [True, False])
def test_the_slower_one_hears_who_was_faster(
    client: FlaskClient, session: Session, cast: Cast, fragment: bool
) -> None:
    number, boss = cast.tickets["a_free"], session.get(Staff, cast.people["boss_a"])
    assert boss is not None
    ticket = session.get(Ticket, number)
    assert ticket is not None
    with unit_of_work(session):
        move_ticket(session, ticket, Verb.TAKE, actor=actor_of(session, boss))
    name = boss.full_name
    worker = as_person(client, session, cast, "worker_a")
    headers = {"HX-Request": "true"} if fragment else {}
    answer = worker.post(f"/tickets/{number}/move/take", data={"version": 1}, headers=headers)
    assert answer.status_code == 409
    assert name in answer.text
    assert ('data-hd-refusal="409"' in answer.text) == fragment
    assert session.get_one(Ticket, number).taken_by_id == boss.id


def test_moves_that_are_not_his_are_forbidden_hidden_or_unknown(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    taken, hidden = cast.tickets["a_other"], cast.tickets["b_free"]
    assert worker.post(f"/tickets/{taken}/move/release", data={"version": 1}).status_code == 403
    assert worker.post(f"/tickets/{taken}/move/transfer", data={"version": 1}).status_code == 403
    assert worker.post(f"/tickets/{taken}/priority", data={"priority": 2}).status_code == 403
    assert worker.post(f"/tickets/{taken}/edit", data={"subject": "x"}).status_code == 403
    assert worker.get(f"/tickets/{taken}/edit").status_code == 403
    for verb in ("take", "transfer", "complete"):
        assert worker.post(f"/tickets/{hidden}/move/{verb}").status_code == 404
    assert worker.post(f"/tickets/{hidden}/priority").status_code == 404
    assert worker.post(f"/tickets/{taken}/move/explode").status_code == 404
    assert worker.get(f"/tickets/{taken}/move/take").status_code == 405


def test_a_membership_that_ended_takes_the_moves_away(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    for membership in session.scalars(
        select(Membership).where(Membership.user_id == cast.people["worker_a"])
    ):
        session.delete(membership)
    assert worker.post(f"/tickets/{number}/move/take").status_code == 404


def test_a_transfer_asks_goes_and_says_why(client: FlaskClient, session: Session, cast: Cast) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number, there = cast.tickets["a_free"], cast.departments["b"]
    form = worker.get(f"/tickets/{number}/transfer", headers={"HX-Request": "true"}).text
    assert "Department B" in form
    assert "<html" not in form
    data = {"version": 1, "department_id": there, "assignee_id": cast.people["worker_b"], "reason": "Theirs"}
    answer = worker.post(f"/tickets/{number}/move/transfer", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.department_id, ticket.assignee_id) == (there, cast.people["worker_b"])
    assert session.scalars(select(Comment.body)).all() == ["Theirs"]
    assert worker.get(f"/tickets/{number}").status_code == 404


@pytest.mark.parametrize(("version", "department", "status"), [(1, "a", 422), (1, "", 422), (7, "b", 409)])
def test_a_refused_transfer_keeps_what_was_typed(
    client: FlaskClient, session: Session, cast: Cast, version: int, department: str, status: int
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    number = cast.tickets["a_free"]
    place = cast.departments.get(department, "")
    data = {"version": version, "department_id": place, "reason": "Because <b>so</b>"}
    answer = worker.post(f"/tickets/{number}/move/transfer", data=data)
    assert answer.status_code == status
    assert "Because &lt;b&gt;so&lt;/b&gt;" in answer.text
    assert 'name="version" value="1"' in answer.text
    assert session.scalars(select(Comment)).all() == []


def test_the_priority_is_set_by_who_may(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = as_person(client, session, cast, "boss_a")
    number = cast.tickets["a_free"]
    assert boss.post(f"/tickets/{number}/priority", data={"priority": 2, "version": 1}).status_code == 303
    assert session.get_one(Ticket, number).priority == Priority.HIGH
    for nonsense in ("9", "high", "", "-1"):
        answer = boss.post(f"/tickets/{number}/priority", data={"priority": nonsense})
        assert answer.status_code == 422
    stale = boss.post(f"/tickets/{number}/priority", data={"priority": 0, "version": 1})
    assert stale.status_code == 409
