"""Read marks: bold until one has seen the ticket as it is now, each person for himself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.policy import Actor, Verb
from app.services.boxes import BoxQuery, count_boxes, read_page
from app.services.comments import add_comment
from app.services.reading import mark_read
from app.services.tickets import move_ticket
from models import Department, Ticket, TicketRead
from tests.support.factories import actor_of, make_department, make_ticket, make_user


def make_two(session: Session) -> tuple[Ticket, Actor, Actor]:
    """A ticket and the two employees of its department."""
    department: Department = make_department(session)
    ticket = make_ticket(session, author=make_user(session), department=department)
    users = [make_user(session, employee_of=[department]) for _ in range(2)]
    session.commit()
    return ticket, actor_of(session, users[0]), actor_of(session, users[1])


def is_unread(session: Session, ticket: Ticket, actor: Actor) -> bool:
    """Bold in the list and counted on the tab, both or neither."""
    in_list = ticket.id in read_page(session, BoxQuery(), actor=actor).unread
    assert count_boxes(session, actor=actor).unread == int(in_list)
    return in_list


def test_ticket_is_unread_until_one_has_seen_it(session: Session) -> None:
    ticket, one, other = make_two(session)
    assert is_unread(session, ticket, one)
    mark_read(session, ticket, actor=one)
    assert not is_unread(session, ticket, one)
    assert is_unread(session, ticket, other)


def test_comment_of_another_makes_it_unread_again(session: Session) -> None:
    ticket, one, other = make_two(session)
    mark_read(session, ticket, actor=one)
    add_comment(session, ticket, "news", actor=other)
    assert is_unread(session, ticket, one)
    assert not is_unread(session, ticket, other)


def test_move_of_another_makes_it_unread_again(session: Session) -> None:
    ticket, one, other = make_two(session)
    mark_read(session, ticket, actor=one)
    move_ticket(session, ticket, Verb.TAKE, actor=other)
    assert is_unread(session, ticket, one)
    assert not is_unread(session, ticket, other)


def test_reading_twice_keeps_one_mark(session: Session) -> None:
    ticket, one, _ = make_two(session)
    mark_read(session, ticket, actor=one)
    mark_read(session, ticket, actor=one)
    assert session.query(TicketRead).count() == 1


def test_late_page_does_not_unread_what_was_read_since(session: Session) -> None:
    ticket, one, other = make_two(session)
    add_comment(session, ticket, "news", actor=other)
    mark_read(session, ticket, actor=one)
    session.commit()
    stale = Ticket(id=ticket.id, activity=1)
    mark_read(session, stale, actor=one)
    assert not is_unread(session, ticket, one)
