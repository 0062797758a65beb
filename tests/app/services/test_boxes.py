"""The boxes below their screens: keys, cursors and counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.services.boxes import LARGEST_PAGE, Box, BoxQuery, Sort, count_boxes, cursor_of, read_page, read_row
from models import Priority, Staff, State, Ticket, utcnow
from tests.support.cast import ACTIVE, Cast, expected_box, make_cast
from tests.support.factories import actor_of, make_department, make_ticket, make_user
from tests.support.queries import count_queries


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


@pytest.mark.parametrize("box", list(Box))
@pytest.mark.parametrize("who", ACTIVE)
def test_a_box_and_its_rows_hold_the_same_tickets(session: Session, cast: Cast, who: str, box: Box) -> None:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    actor, query = actor_of(session, person), BoxQuery(box=box)
    page = read_page(session, query, actor=actor)
    assert cast.names(ticket.id for ticket in page.tickets) == expected_box(box, who)
    rows = {name for name, number in cast.tickets.items() if read_row(session, number, query, actor=actor)}
    assert rows == expected_box(box, who)


def crowd(session: Session) -> tuple[Staff, list[Ticket]]:
    """A worker of two departments with thirty tickets of mixed priority and many equal moments."""
    here, there = make_department(session), make_department(session)
    worker = make_user(session, employee_of=[here], coordinator_of=[there])
    now = utcnow()
    tickets = [
        make_ticket(
            session,
            author=worker,
            department=(here, there)[turn % 2],
            assignee=worker if turn % 3 == 0 else None,
            priority=Priority(turn * 7 % 3),
            updated_at=now - timedelta(hours=turn % 4),
        )
        for turn in range(30)
    ]
    session.flush()
    return worker, tickets


ORDERS = {
    Sort.NEW: lambda ticket: -ticket.id,
    Sort.OLD: lambda ticket: ticket.id,
    Sort.PRIORITY: lambda ticket: (-ticket.priority, -ticket.id),
    Sort.ACTIVITY: lambda ticket: (-ticket.updated_at.timestamp(), -ticket.id),
}


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_the_order_and_lead_there_and_back(session: Session, sort: Sort) -> None:
    worker, tickets = crowd(session)
    actor, expected = actor_of(session, worker), sorted(tickets, key=ORDERS[sort])
    query = BoxQuery(sort=sort, limit=7)
    pages = [read_page(session, query, actor=actor)]
    while pages[-1].after:
        pages.append(read_page(session, replace(query, after=pages[-1].after), actor=actor))
    assert [ticket for page in pages for ticket in page.tickets] == expected
    assert [len(page.tickets) for page in pages] == [7, 7, 7, 7, 2]
    assert pages[0].before == ""
    back = read_page(session, replace(query, before=pages[2].before), actor=actor)
    assert back.tickets == pages[1].tickets


@pytest.mark.parametrize("sort", list(Sort))
def test_a_tickets_cursor_leads_to_its_neighbours(session: Session, sort: Sort) -> None:
    worker, tickets = crowd(session)
    actor, expected = actor_of(session, worker), sorted(tickets, key=ORDERS[sort])
    query = BoxQuery(sort=sort, limit=1)
    place = cursor_of(expected[9], query)
    assert read_page(session, replace(query, after=place), actor=actor).tickets == [expected[10]]
    assert read_page(session, replace(query, before=place), actor=actor).tickets == [expected[8]]


def test_a_page_is_bounded_whatever_is_asked(session: Session) -> None:
    worker, tickets = crowd(session)
    actor = actor_of(session, worker)
    assert len(read_page(session, BoxQuery(limit=-5), actor=actor).tickets) == 1
    assert len(read_page(session, BoxQuery(limit=10**9), actor=actor).tickets) == len(tickets) < LARGEST_PAGE


def test_a_page_and_the_counters_cost_five_statements(session: Session) -> None:
    worker, _tickets = crowd(session)
    actor = actor_of(session, worker)
    session.expire_all()
    with count_queries() as sent:
        read_page(session, BoxQuery(), actor=actor)
        count_boxes(session, actor=actor)
    assert len(sent) <= 5, str(sent)


def test_a_ticket_seen_by_two_rules_is_counted_and_listed_once(session: Session) -> None:
    department = make_department(session)
    worker = make_user(session, coordinator_of=[department])
    ticket = make_ticket(session, author=worker, department=department, assignee=worker)
    make_ticket(session, author=worker, department=department, state=State.ARCHIVED)
    actor = actor_of(session, worker)
    assert read_page(session, BoxQuery(), actor=actor).tickets == [ticket]
    counters = count_boxes(session, actor=actor)
    assert (counters.all, counters.free, counters.outbox, counters.unread) == (1, 1, 1, 1)
