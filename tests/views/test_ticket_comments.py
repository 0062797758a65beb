"""Comments: written once, fetched by others, refused when empty."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.services.comments import add_comment
from models import Comment, Staff, Ticket, TicketRead
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


def test_a_comment_is_written_once_however_often_it_is_sent(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{cast.tickets['a_free']}/comments"
    form = {"body": "It <b>works</b>", "request_key": str(uuid4())}
    first = worker.post(address, data=form, headers={"HX-Request": "true"})
    second = worker.post(address, data=form, headers={"HX-Request": "true"})
    assert first.text == second.text
    assert "It &lt;b&gt;works&lt;/b&gt;" in first.text
    (number,) = session.scalars(select(Comment.id)).all()
    plain = worker.post(address, data={"body": "Without scripts"})
    assert plain.status_code == 303
    assert plain.location.endswith(f"#comment-{number + 1}")


def test_a_colleague_fetches_only_what_he_has_not(client: FlaskClient, session: Session, cast: Cast) -> None:
    ticket = session.get(Ticket, cast.tickets["a_free"])
    boss = session.get(Staff, cast.people["boss_a"])
    assert ticket is not None
    assert boss is not None
    with unit_of_work(session):
        first = add_comment(session, ticket, "First", actor=actor_of(session, boss)).id
        add_comment(session, ticket, "Second", actor=actor_of(session, boss))
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{ticket.id}/comments"
    fetched = worker.get(f"{address}?after={first}").text
    assert "Second" in fetched
    assert "First" not in fetched
    assert "First" in worker.get(f"{address}?after=nonsense").text
    assert (
        session.scalars(select(TicketRead).where(TicketRead.user_id == cast.people["worker_a"])).all() == []
    )
    worker.get(f"{address}?after={first}&seen=1")
    assert session.get(TicketRead, (cast.people["worker_a"], ticket.id)) is not None


@pytest.mark.parametrize("body", ["", "   \n", "x" * 10_001])
def test_an_empty_or_huge_comment_is_refused(
    client: FlaskClient, session: Session, cast: Cast, body: str
) -> None:
    worker = as_person(client, session, cast, "worker_a")
    address = f"/tickets/{cast.tickets['a_free']}/comments"
    assert worker.post(address, data={"body": body}).status_code == 422
    hidden = f"/tickets/{cast.tickets['b_free']}/comments"
    assert worker.post(hidden, data={"body": "Hello"}).status_code == 404
    assert session.scalars(select(Comment)).all() == []
