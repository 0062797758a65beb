"""Completed tickets go to the archive N days later, with the days counted from the last doing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.policy import Verb
from app.services.comments import add_comment
from app.services.tickets import move_ticket
from app.workflow import archive_by_itself
from jobs import archive
from jobs.archive import archive_done_tickets
from models import JournalEntry, State, Ticket, TicketRead, utcnow
from tests.support.factories import actor_of, make_department, make_ticket, make_user


def make_done(session: Session, *, days: float, state: State = State.DONE) -> Ticket:
    """A ticket that has been in this state and untouched for so long."""
    author = make_user(session, administrator=True)
    ticket = make_ticket(
        session,
        author=author,
        department=make_department(session),
        state=state,
        updated_at=utcnow() - timedelta(days=days),
        done_at=utcnow() - timedelta(days=days) if state == State.DONE else None,
    )
    session.commit()
    return ticket


@pytest.mark.parametrize(
    ("days", "age", "state"), [(3, 3.01, "archived"), (3, 2.99, "done"), (0, 0.01, "archived")]
)
def test_job_archives_after_so_many_days(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, days: int, age: float, state: str
) -> None:
    monkeypatch.setitem(app.config, "ARCHIVE_AFTER_DAYS", days)
    ticket = make_done(session, days=age)
    assert archive_done_tickets("turn") == int(state == "archived")
    session.expire_all()
    assert ticket.state == state
    assert (ticket.archived_at is not None) == (state == "archived")
    assert ticket.done_at is not None


def test_job_leaves_open_tickets_alone(session: Session) -> None:
    ticket = make_done(session, days=400, state=State.FREE)
    assert archive_done_tickets("turn") == 0
    session.expire_all()
    assert ticket.state == "free"


def test_job_writes_the_journal_as_the_system(session: Session) -> None:
    ticket = make_done(session, days=9)
    archive_done_tickets("turn")
    entry = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == ticket.id)).one()
    assert (entry.kind, entry.actor_id, entry.old["state"], entry.new["state"]) == (
        "ticket.archived",
        None,
        "done",
        "archived",
    )


def test_restored_ticket_stays_for_the_full_time_again(session: Session) -> None:
    ticket = make_done(session, days=9)
    archive_done_tickets("first")
    session.expire_all()
    boss = actor_of(session, ticket.author)
    move_ticket(session, ticket, Verb.RESTORE, actor=boss)
    session.commit()
    assert archive_done_tickets("second") == 0
    session.execute(update(Ticket).values(updated_at=utcnow() - timedelta(days=3, minutes=1)))
    session.commit()
    assert archive_done_tickets("third") == 1


def test_comment_keeps_a_done_ticket_from_the_archive(session: Session) -> None:
    ticket = make_done(session, days=9)
    add_comment(session, ticket, "is it really?", actor=actor_of(session, ticket.author))
    session.commit()
    assert archive_done_tickets("turn") == 0


def test_turn_is_done_once(session: Session) -> None:
    make_done(session, days=9)
    assert archive_done_tickets("turn") == 1
    make_done(session, days=9)
    assert archive_done_tickets("turn") == 0
    assert archive_done_tickets("next turn") == 1


def test_job_works_through_more_than_one_batch(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BATCH", 3)
    for _ in range(7):
        make_done(session, days=9)
    assert archive_done_tickets("turn") == 7


def test_ticket_somebody_was_faster_with_is_left_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, quiet = make_done(session, days=9), make_done(session, days=9)
    busy_id = busy.id

    def archive_unless_busy(own: Session, ticket: Ticket) -> Ticket:
        if ticket.id == busy_id:
            raise Conflict("someone was faster")
        return archive_by_itself(own, ticket)

    monkeypatch.setattr(archive, "archive_by_itself", archive_unless_busy)
    assert archive_done_tickets("turn") == 1
    session.expire_all()
    assert (busy.state, quiet.state) == ("done", "archived")


def test_read_marks_of_archived_tickets_are_cleared(session: Session) -> None:
    ticket, other = make_done(session, days=9), make_done(session, days=1)
    for row in (ticket, other):
        session.add(TicketRead(user_id=row.author_id, ticket_id=row.id, activity=1))
    session.commit()
    archive_done_tickets("turn")
    assert session.scalars(select(TicketRead.ticket_id)).all() == [other.id]
    assert session.scalar(select(func.count()).select_from(Ticket)) == 2
