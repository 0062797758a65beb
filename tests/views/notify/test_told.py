"""On the ticket: who was told what, when, over which channel and how it ended."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from models import Delivery, DeliveryStatus, JournalEntry, Staff, Ticket, utcnow
from tests.support.channels import recording_channel
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.ledger import later, make_dead, make_delivery, make_event, make_sent
from tests.support.queries import count_queries
from tests.support.signing import sign_in

HTMX = {"HX-Request": "true"}
MOST_QUERIES = 8


@pytest.fixture
def people(session: Session) -> dict[str, Staff]:
    """An author, an employee who sees the ticket, its chief, a stranger, an administrator."""
    desk, other = make_department(session, "Desk"), make_department(session, "Other")
    return {
        "author": make_user(session, "author"),
        "worker": make_user(session, "worker", employee_of=[desk]),
        "chief": make_user(session, "chief", coordinator_of=[desk]),
        "stranger": make_user(session, "stranger", employee_of=[other]),
        "administrator": make_user(session, "admin", administrator=True),
    }


@pytest.fixture
def ticket(session: Session, people: dict[str, Staff]) -> Ticket:
    """A ticket of the desk."""
    department = people["worker"].memberships[0].department
    return make_ticket(session, author=people["author"], department=department)


def told(client: FlaskClient, who: Staff, ticket: Ticket) -> str:
    """The part of the page as this person gets it."""
    answer = sign_in(client, who).get(f"/tickets/{ticket.id}/told", headers=HTMX)
    assert answer.status_code == 200
    return answer.text


def test_every_outcome_stands_in_words(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket
) -> None:
    worker, event = people["worker"], make_event(session, ticket)
    cases = [
        ("popup", {"status": "sent", "sent_at": utcnow()}, "shown"),
        ("push", {"status": "sent", "sent_at": utcnow()}, "sent"),
        ("sms", {"status": "sent", "receipt": "delivered", "receipt_at": utcnow()}, "delivered"),
        ("jabber", {"due_at": later(hours=3), "is_held": True}, "quiet hours or absence"),
        ("email", {"due_at": later(minutes=3), "attempts": 2, "error": "busy"}, "tried 2 times, next try"),
        ("own:5", {"status": "skipped", "error": "muted"}, "the person has muted the ticket"),
        ("own:6", {"status": "dead", "error": "too_late"}, "it was too late to be of use"),
        ("own:7", {"due_at": later(minutes=5), "rung": 1}, "if nobody takes it by then"),
        ("own:8", {}, "goes out now"),
    ]
    for channel, values, _words in cases:
        make_delivery(session, event, worker, channel, **values)
    make_delivery(session, event, people["chief"], "popup")
    page = told(client, people["administrator"], ticket)
    for channel, _values, words in cases:
        assert words in page, channel
    for words in ("Worker Tester", "Chief Tester", "not shown yet", "Own messenger", "Author Tester"):
        assert words in page


@pytest.mark.parametrize(
    ("who", "sees_address", "sends_again"),
    [
        ("author", False, False),
        ("worker", False, False),
        ("chief", False, True),
        ("administrator", True, True),
    ],
)
def test_names_are_for_all_addresses_for_administrators(
    client: FlaskClient,
    session: Session,
    people: dict[str, Staff],
    ticket: Ticket,
    who: str,
    sees_address: bool,
    sends_again: bool,
) -> None:
    delivery = make_dead(session, make_event(session, ticket), people["worker"])
    page = told(client, people[who], ticket)
    assert "Worker Tester" in page
    assert "given up" in page
    assert ("olena@corp.example" in page) is sees_address
    assert ("Send again" in page) is sends_again
    path = f"/tickets/{ticket.id}/told/{delivery.id}/again"
    assert client.post(path).status_code == (303 if sends_again else 403)
    status = session.get_one(Delivery, delivery.id).status
    assert status == (DeliveryStatus.WAITING if sends_again else DeliveryStatus.DEAD)


def test_stranger_finds_nothing(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket
) -> None:
    delivery = make_dead(session, make_event(session, ticket), people["worker"])
    sign_in(client, people["stranger"])
    assert client.get(f"/tickets/{ticket.id}/told").status_code == 404
    assert client.post(f"/tickets/{ticket.id}/told/{delivery.id}/again").status_code == 404


def test_delivery_of_another_ticket_is_not_there(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket
) -> None:
    other = make_ticket(session, author=people["author"], department=make_department(session))
    delivery = make_dead(session, make_event(session, other), people["worker"])
    sign_in(client, people["chief"])
    assert client.post(f"/tickets/{ticket.id}/told/{delivery.id}/again").status_code == 404
    assert client.post(f"/tickets/{ticket.id}/told/999999/again").status_code == 404
    assert client.get(f"/tickets/{ticket.id}/told/{delivery.id}/again").status_code == 405
    assert client.get(f"/tickets/{ticket.id}/told?after=nonsense").status_code == 422


def test_sent_again_is_journalled_and_queued(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket
) -> None:
    with recording_channel(session, "email"):
        delivery = make_dead(session, make_event(session, ticket), people["worker"])
        path = f"/tickets/{ticket.id}/told/{delivery.id}/again"
        page = sign_in(client, people["chief"]).post(path, headers=HTMX).text
    assert "goes out now" in page
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.DELIVERY_SENT_AGAIN)).one()
    assert (entry.actor_id, entry.ticket_id) == (people["chief"].id, ticket.id)
    assert entry.new["deliveries"] == [delivery.id]
    assert session.get_one(Delivery, delivery.id).queued_until is not None
    client.post(path)
    assert len(session.scalars(select(JournalEntry).where(JournalEntry.kind == entry.kind)).all()) == 1


@pytest.mark.parametrize("events", [1, 30])
def test_long_story_costs_the_same_and_goes_on_with_a_click(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket, events: int
) -> None:
    made = [
        make_sent(session, make_event(session, ticket), people[who], channel)
        for _turn in range(events)
        for who in ("worker", "chief")
        for channel in ("email", "popup")
    ]
    sign_in(client, people["worker"])
    with count_queries() as sent:
        page = client.get(f"/tickets/{ticket.id}/told", headers=HTMX).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    seen = page.count("hd-told-channel")
    while "hx-get" in page:
        address = page.split('hx-get="')[1].split('"')[0]
        page = client.get(address, headers=HTMX).text
        seen += page.count("hd-told-channel")
    assert seen == len(made)


def test_ticket_page_asks_for_it_only_when_it_is_opened(
    client: FlaskClient, session: Session, people: dict[str, Staff], ticket: Ticket
) -> None:
    make_dead(session, make_event(session, ticket), people["worker"])
    sign_in(client, people["worker"])
    with count_queries() as sent:
        page = client.get(f"/tickets/{ticket.id}").text
    assert f'hx-get="/tickets/{ticket.id}/told"' in page
    assert not [text for text in sent.texts if " delivery" in text]
    assert "Who was told of ticket" in client.get(f"/tickets/{ticket.id}/told").text
