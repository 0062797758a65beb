"""What people write under a ticket: kept once, counted, journaled, refused in the archive."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid
from app.services.comments import COMMENT_LENGTH, add_comment, comments_of
from app.services.tickets import edit_ticket
from models import Comment, JournalEntry, State, Ticket, TicketRead
from tests.support.factories import actor_of, make_department, make_ticket, make_user


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """A free ticket whose author has no role."""
    ticket = make_ticket(session, author=make_user(session, "author"), department=make_department(session))
    session.commit()
    return ticket


def number_of_comments(session: Session) -> int:
    """All there are."""
    return session.scalar(select(func.count()).select_from(Comment)) or 0


def test_comment_is_kept_counted_and_journaled(session: Session, ticket: Ticket) -> None:
    actor = actor_of(session, ticket.author)
    comment = add_comment(session, ticket, "  привіт\r\nсвіт\x00 ", actor=actor)
    session.commit()
    assert (comment.body, comment.author_id) == ("привіт\nсвіт", actor.id)
    assert (ticket.comments_count, ticket.activity) == (1, 2)
    assert ticket.version == 1, "a comment is no reason for a conflict"
    entry = session.scalars(select(JournalEntry)).one()
    assert (entry.kind, entry.new, entry.old) == ("ticket.commented", {"comment_id": comment.id}, {})
    assert session.get_one(TicketRead, (actor.id, ticket.id)).activity == 2


def test_comment_does_not_hinder_a_colleagues_edit(session: Session, ticket: Ticket) -> None:
    actor = actor_of(session, ticket.author)
    seen = ticket.version
    add_comment(session, ticket, "first", actor=actor)
    edit_ticket(session, ticket, {"subject": "New"}, version=seen, actor=actor)
    assert (ticket.subject, ticket.comments_count, ticket.activity) == ("New", 1, 3)


def test_double_press_writes_one_comment(session: Session, ticket: Ticket) -> None:
    actor = actor_of(session, ticket.author)
    first = add_comment(session, ticket, "once", actor=actor, request_key="key")
    second = add_comment(session, ticket, "once more", actor=actor, request_key="key")
    assert first.id == second.id
    assert (number_of_comments(session), ticket.comments_count) == (1, 1)


def test_key_used_under_another_ticket_is_refused(session: Session, ticket: Ticket) -> None:
    actor = actor_of(session, ticket.author)
    other = make_ticket(session, author=ticket.author, department=ticket.department)
    add_comment(session, ticket, "once", actor=actor, request_key="key")
    with pytest.raises(Invalid):
        add_comment(session, other, "twice", actor=actor, request_key="key")
    assert number_of_comments(session) == 1


@pytest.mark.parametrize("body", ["", " \n\t", "\x00", "a" * (COMMENT_LENGTH + 1)])
def test_empty_and_huge_comments_are_refused(session: Session, ticket: Ticket, body: str) -> None:
    with pytest.raises(Invalid) as error:
        add_comment(session, ticket, body, actor=actor_of(session, ticket.author))
    assert set(error.value.fields) == {"body"}
    assert number_of_comments(session) == 0


def test_overlong_key_is_refused(session: Session, ticket: Ticket) -> None:
    with pytest.raises(Invalid):
        add_comment(session, ticket, "x", actor=actor_of(session, ticket.author), request_key="k" * 37)


def test_archive_takes_no_comments(session: Session) -> None:
    author = make_user(session, administrator=True)
    archived = make_ticket(session, author=author, department=make_department(session), state=State.ARCHIVED)
    with pytest.raises(Forbidden):
        add_comment(session, archived, "too late", actor=actor_of(session, author))


def test_comments_are_read_in_order_and_from_where_one_stopped(session: Session, ticket: Ticket) -> None:
    actor = actor_of(session, ticket.author)
    other = make_ticket(session, author=ticket.author, department=ticket.department)
    add_comment(session, other, "elsewhere", actor=actor)
    written = [add_comment(session, ticket, text, actor=actor).id for text in ("one", "two", "three")]
    assert [c.body for c in comments_of(session, ticket)] == ["one", "two", "three"]
    assert [c.body for c in comments_of(session, ticket, after=written[1])] == ["three"]
    assert list(comments_of(session, ticket, after=written[2])) == []
