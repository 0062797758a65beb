"""The client's card and history: true totals, and only the tickets that one may see."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.policy import load_actor
from app.services.cards import access_client, client_calls, client_card, client_tickets
from models import Call, State
from tests.support.cast import ACTIVE, VISIBLE, Cast, make_cast
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_ticket,
    make_unit,
    make_user,
)
from tests.support.queries import count_queries

CLOSED = {"a_done", "a_archived", "a_named_archived"}


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast: all its tickets are of one client."""
    return make_cast(session)


def test_card_shows_everyone_his_tickets_and_the_true_totals(session: Session, cast: Cast) -> None:
    for who in ACTIVE:
        card = client_card(session, cast.client_id, actor=load_actor(session, cast.people[who]))
        shown_open = cast.names(ticket.id for ticket in card.open_tickets)
        assert shown_open <= VISIBLE[who] - CLOSED
        assert len(shown_open) == min(10, len(VISIBLE[who] - CLOSED))
        assert cast.names(ticket.id for ticket in card.latest) == VISIBLE[who] & CLOSED
        assert card.tickets_count == 14


def test_history_pages_through_everything_one_sees(session: Session, cast: Cast) -> None:
    for who in ACTIVE:
        actor = load_actor(session, cast.people[who])
        numbers: list[int] = []
        before: int | None = None
        while True:
            page, before = client_tickets(session, cast.client_id, actor=actor, before_id=before, limit=3)
            numbers += [ticket.id for ticket in page]
            if before is None:
                break
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == len(set(numbers))
        assert cast.names(numbers) == VISIBLE[who]


def test_only_those_who_may_edit_clients_are_offered_it(session: Session, cast: Cast) -> None:
    may = {
        who
        for who in ACTIVE
        if client_card(session, cast.client_id, actor=load_actor(session, cast.people[who])).may_edit
    }
    assert may == {"administrator", "boss_a", "worker_a", "boss_b_worker_a", "both", "worker_b"}


def test_card_has_the_last_five_that_are_closed(session: Session) -> None:
    boss, department, client = make_user(session, administrator=True), make_department(session), None
    client = make_client(session)
    numbers = [
        make_ticket(session, author=boss, department=department, client=client, state=State.DONE).id
        for _ in range(7)
    ]
    card = client_card(session, client.id, actor=actor_of(session, boss))
    assert [ticket.id for ticket in card.latest] == numbers[:-6:-1]
    assert list(card.open_tickets) == []


def test_card_costs_a_fixed_number_of_statements(session: Session) -> None:
    boss, department = make_user(session, administrator=True), make_department(session)
    client = make_client(session, phones=["2-34", "2-35"], unit_id=make_unit(session).id)
    for _ in range(20):
        make_ticket(session, author=boss, department=department, client=client)
    actor, client_id, name = actor_of(session, boss), client.id, department.name
    session.commit()
    with count_queries() as sent:
        card = client_card(session, client_id, actor=actor)
        assert [phone.number for phone in card.client.phones] == ["2-34", "2-35"]
        assert {ticket.department.name for ticket in card.open_tickets} == {name}
    assert len(sent) <= 4, sent


@pytest.mark.parametrize("client_id", [0, -1, 987_654, 2**31, 2**64])
def test_missing_client_is_not_found(session: Session, client_id: int) -> None:
    with pytest.raises(NotFound):
        access_client(session, client_id)
    with pytest.raises(NotFound):
        client_card(session, client_id, actor=actor_of(session, make_user(session)))


def test_calls_of_a_client_are_newest_first(session: Session) -> None:
    client, other, user = make_client(session), make_client(session), make_user(session)
    for number in range(4):
        session.add(Call(client_id=client.id, author_id=user.id, subject=f"call {number}"))
        session.add(Call(client_id=other.id, author_id=user.id, subject="other"))
        session.flush()
    calls = client_calls(session, client.id, limit=3)
    assert [call.subject for call in calls] == ["call 3", "call 2", "call 1"]
