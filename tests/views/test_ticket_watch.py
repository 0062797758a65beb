"""The bell of a ticket: as usual, everything, nothing; in lists a muted ticket is marked."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from models import Department, JournalEntry, Staff, Ticket, TicketWatch
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.signing import sign_in


@pytest.fixture
def desk(session: Session) -> Department:
    """A department."""
    return make_department(session)


@pytest.fixture
def worker(client: FlaskClient, session: Session, desk: Department) -> Staff:
    """Its employee, signed in."""
    worker = make_user(session, employee_of=[desk])
    sign_in(client, worker)
    return worker


@pytest.fixture
def ticket(session: Session, desk: Department) -> Ticket:
    """A ticket of the department."""
    ticket = make_ticket(session, author=make_user(session), department=desk)
    session.commit()
    return ticket


def hearing(session: Session) -> list[bool]:
    """What is stored."""
    session.expire_all()
    return list(session.scalars(select(TicketWatch.watches)))


def test_person_watches_mutes_and_hears_as_usual_again(
    client: FlaskClient, session: Session, worker: Staff, ticket: Ticket
) -> None:
    page = f"/tickets/{ticket.id}"
    for wanted, icon, stored in (("all", "bell-fill", [True]), ("nothing", "bell-slash", [False])):
        for _turn in range(2):  # a second press changes nothing
            answer = client.post(f"{page}/watch", data={"hearing": wanted})
            assert (answer.status_code, answer.location) == (303, page)
        assert hearing(session) == stored
        assert f'data-hd-key="w" aria-expanded="false" aria-label="I hear of it: {_word(wanted)} (W)"' in (
            text := client.get(page).text
        )
        assert f"bi-{icon}" in text
    assert "bi-bell-slash" in client.get("/tickets/inbox").text
    part = client.post(f"{page}/watch", data={"hearing": "usual"}, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<form")
    assert hearing(session) == []
    assert "bi-bell-slash" not in client.get("/tickets/inbox").text
    told = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.SETTINGS_EDITED)).all()
    assert [row.new["hearing"] for row in told] == ["all", "nothing", "usual"]
    assert {row.ticket_id for row in told} == {None}  # it is his affair, not the ticket's history


def _word(wanted: str) -> str:
    return {"all": "everything", "nothing": "nothing"}[wanted]


def test_muted_mark_is_each_readers_own(
    client: FlaskClient, session: Session, worker: Staff, ticket: Ticket, desk: Department
) -> None:
    session.add(TicketWatch(user_id=worker.id, ticket_id=ticket.id, watches=False))
    session.commit()
    assert "I hear nothing of it" in client.get("/tickets/inbox").text
    sign_in(client, make_user(session, employee_of=[desk]))
    assert "I hear nothing of it" not in client.get("/tickets/inbox").text


@pytest.mark.parametrize("wanted", ["", "loud", "ALL"])
def test_wrong_choice_is_refused(
    client: FlaskClient, session: Session, worker: Staff, ticket: Ticket, wanted: str
) -> None:
    assert client.post(f"/tickets/{ticket.id}/watch", data={"hearing": wanted}).status_code == 422
    assert hearing(session) == []


def test_ticket_that_is_not_ones_own_is_not_there(
    client: FlaskClient, session: Session, worker: Staff, ticket: Ticket
) -> None:
    hidden = make_ticket(session, author=make_user(session), department=make_department(session))
    session.commit()
    for number in (hidden.id, 987654, 99999999999):
        assert client.post(f"/tickets/{number}/watch", data={"hearing": "all"}).status_code == 404
    assert client.get(f"/tickets/{ticket.id}/watch").status_code == 405
    assert hearing(session) == []


def test_stranger_is_asked_to_sign_in(client: FlaskClient, session: Session, ticket: Ticket) -> None:
    assert client.post(f"/tickets/{ticket.id}/watch", data={"hearing": "all"}).status_code == 401
