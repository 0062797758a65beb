"""Many at once, in real threads with real commits, on both databases: one winner, nothing lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.events import unit_of_work
from app.extensions import db
from app.policy import Verb, access_ticket, load_actor
from app.services.calls import record_call
from app.services.comments import add_comment
from app.services.tickets import TicketDraft, create_ticket, edit_ticket, move_ticket
from jobs.archive import archive_done_tickets
from models import Call, Client, Comment, JournalEntry, PeriodicRun, State, Ticket, TicketRead, utcnow
from tests.support.factories import make_client, make_department, make_ticket, make_user

T = TypeVar("T")
pytestmark = pytest.mark.timeout(180)


def at_once(app: Flask, deeds: Sequence[Callable[[Session], T]]) -> list[T | Exception]:
    """Run every deed in a thread and session of its own, all starting together: what each gave or raised."""
    together = threading.Barrier(len(deeds))

    def run(deed: Callable[[Session], T]) -> T | Exception:
        with app.app_context():
            together.wait(timeout=60)
            try:
                return deed(db.session())
            except Conflict as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.fixture
def session(live_app: Flask) -> Session:
    """The session of the main thread; its commits are real."""
    current: Session = db.session()
    return current


class Firm:
    """A department, its people, one client: numbers only, so that threads share no rows."""

    def __init__(self, session: Session, people: int = 1) -> None:
        department, client = make_department(session), make_client(session)
        users = [make_user(session, employee_of=[department]) for _ in range(people)]
        self.department, self.client = department.id, client.id
        self.people = [user.id for user in users]
        self.ticket = make_ticket(session, author=users[0], department=department, client=client).id
        session.commit()

    def draft(self, request_key: str | None = None) -> TicketDraft:
        """A complete form."""
        return TicketDraft(self.client, self.department, subject="Race", request_key=request_key)


def count(session: Session, table: type, **wanted: object) -> int:
    """The number of rows with these values."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(table).filter_by(**wanted)) or 0


def test_m20_fifty_parallel_takes_have_one_winner(live_app: Flask, session: Session) -> None:
    firm = Firm(session, people=50)

    def take(user_id: int) -> Callable[[Session], int]:
        def deed(own: Session) -> int:
            actor = load_actor(own, user_id)
            ticket = access_ticket(own, firm.ticket, actor=actor)
            with unit_of_work(own):
                move_ticket(own, ticket, Verb.TAKE, actor=actor, version=1)
            return user_id

        return deed

    results = at_once(live_app, [take(user_id) for user_id in firm.people])
    winners = [result for result in results if isinstance(result, int)]
    losers = [result for result in results if isinstance(result, Conflict)]
    assert (len(winners), len(losers)) == (1, 49)
    assert {error.details["current"] for error in losers} == {2}
    session.rollback()
    ticket = session.get_one(Ticket, firm.ticket)
    assert (ticket.taken_by_id, ticket.version, ticket.state) == (winners[0], 2, "in_work")
    assert count(session, JournalEntry, kind="ticket.taken", actor_id=winners[0]) == 1
    assert count(session, JournalEntry, kind="ticket.taken") == 1


def test_hundred_parallel_creates_have_a_hundred_numbers(live_app: Flask, session: Session) -> None:
    firm = Firm(session)

    def create(own: Session) -> list[int]:
        actor = load_actor(own, firm.people[0])
        numbers = []
        for _ in range(5):
            with unit_of_work(own):
                numbers.append(create_ticket(own, firm.draft(), actor=actor).id)
        return numbers

    results = at_once(live_app, [create] * 20)
    numbers = [number for result in results if isinstance(result, list) for number in result]
    assert (len(numbers), len(set(numbers))) == (100, 100)
    assert count(session, Ticket, author_id=firm.people[0]) == 101
    assert session.get_one(Client, firm.client).tickets_count == 100
    assert count(session, JournalEntry, kind="ticket.created") == 100


def test_double_save_makes_one_ticket(live_app: Flask, session: Session) -> None:
    firm = Firm(session)

    def save(own: Session) -> int:
        actor = load_actor(own, firm.people[0])
        with unit_of_work(own):
            return create_ticket(own, firm.draft(request_key="one press"), actor=actor).id

    results = at_once(live_app, [save] * 8)
    assert len(set(results)) == 1
    assert count(session, Ticket, request_key="one press") == 1
    assert count(session, JournalEntry, kind="ticket.created") == 1
    assert session.get_one(Client, firm.client).tickets_count == 1


def test_double_press_records_one_call(live_app: Flask, session: Session) -> None:
    firm = Firm(session)

    def save(own: Session) -> int:
        actor = load_actor(own, firm.people[0])
        with unit_of_work(own):
            return record_call(own, firm.draft(request_key="one press"), actor=actor).id

    results = at_once(live_app, [save] * 6)
    assert len(set(results)) == 1
    assert count(session, Call) == 1
    assert session.get_one(Client, firm.client).calls_count == 1


def test_double_press_writes_one_comment(live_app: Flask, session: Session) -> None:
    firm = Firm(session)

    def save(own: Session) -> int:
        actor = load_actor(own, firm.people[0])
        ticket = access_ticket(own, firm.ticket, actor=actor)
        with unit_of_work(own):
            return add_comment(own, ticket, "hello", actor=actor, request_key="one press").id

    results = at_once(live_app, [save] * 8)
    assert len(set(results)) == 1
    assert count(session, Comment) == 1
    assert session.get_one(Ticket, firm.ticket).comments_count == 1


def archiving(slot: str) -> Callable[[Session], int]:
    """One worker's turn of the job."""
    return lambda _own: archive_done_tickets(slot)


def test_four_schedulers_archive_each_ticket_once(live_app: Flask, session: Session) -> None:
    firm = Firm(session)
    author, department = firm.people[0], firm.department
    days = live_app.config["ARCHIVE_AFTER_DAYS"]
    for number in range(36):
        age = timedelta(days=days, minutes=5) if number < 30 else timedelta(days=days, minutes=-5)
        ticket = Ticket(
            author_id=author,
            department_id=department,
            client_id=firm.client,
            subject="done",
            state=State.DONE,
            done_by_id=author,
            done_at=utcnow() - age,
            updated_at=utcnow() - age,
        )
        session.add(ticket)
    session.commit()
    results = at_once(live_app, [archiving("2026-11-24T10")] * 4)
    assert sorted(results, key=str) == [0, 0, 0, 30]
    assert count(session, Ticket, state=State.ARCHIVED) == 30
    assert count(session, Ticket, state=State.DONE) == 6
    assert count(session, JournalEntry, kind="ticket.archived") == 30
    run = session.scalars(select(PeriodicRun)).one()
    assert run.finished_at is not None
    # two turns that overlap share the work: none is archived twice
    results = at_once(live_app, [archiving(slot) for slot in ("a", "b")])
    assert results == [0, 0]


def test_overlapping_turns_archive_no_ticket_twice(live_app: Flask, session: Session) -> None:
    firm = Firm(session)
    old = utcnow() - timedelta(days=400)
    for _ in range(25):
        ticket = Ticket(
            author_id=firm.people[0],
            department_id=firm.department,
            client_id=firm.client,
            subject="done",
            state=State.DONE,
            done_by_id=firm.people[0],
            updated_at=old,
        )
        session.add(ticket)
    session.commit()
    results = at_once(live_app, [archiving(slot) for slot in ("a", "b", "c")])
    assert sum(result for result in results if isinstance(result, int)) == 25
    per_ticket = Counter(session.scalars(select(JournalEntry.ticket_id)))
    assert (len(per_ticket), set(per_ticket.values())) == (25, {1})


def test_comments_and_moves_at_once_lose_nothing(live_app: Flask, session: Session) -> None:
    firm = Firm(session, people=6)
    rounds = 5

    def talk(user_id: int) -> Callable[[Session], int]:
        def deed(own: Session) -> int:
            for number in range(rounds):
                actor = load_actor(own, user_id)
                with unit_of_work(own):
                    ticket = access_ticket(own, firm.ticket, actor=actor)
                    add_comment(own, ticket, f"{user_id} says {number}", actor=actor)
            return 0

        return deed

    def work(own: Session) -> int:
        done = 0
        for verb in (Verb.TAKE, Verb.RELEASE) * rounds:
            actor = load_actor(own, firm.people[5])
            with unit_of_work(own):
                ticket = access_ticket(own, firm.ticket, actor=actor)
                move_ticket(own, ticket, verb, actor=actor)
            done += 1
        return done

    results = at_once(live_app, [*(talk(user_id) for user_id in firm.people[:5]), work])
    assert results == [0, 0, 0, 0, 0, 2 * rounds]
    session.rollback()
    ticket = session.get_one(Ticket, firm.ticket)
    assert count(session, Comment) == 25
    ticket = session.get_one(Ticket, firm.ticket)
    assert ticket.comments_count == 25
    assert (ticket.version, ticket.state) == (1 + 2 * rounds, "free")
    assert ticket.activity == 1 + 25 + 2 * rounds
    assert count(session, JournalEntry, ticket_id=firm.ticket) == 25 + 2 * rounds
    assert count(session, TicketRead) == 6


def test_of_two_edits_of_one_version_one_wins_and_one_is_told(live_app: Flask, session: Session) -> None:
    firm = Firm(session)

    def edit(text: str) -> Callable[[Session], str]:
        def deed(own: Session) -> str:
            actor = load_actor(own, firm.people[0])
            ticket = access_ticket(own, firm.ticket, actor=actor)
            with unit_of_work(own):
                edit_ticket(own, ticket, {"subject": text}, version=1, actor=actor)
            return text

        return deed

    results = at_once(live_app, [edit(f"Edit {number}") for number in range(6)])
    won = [result for result in results if isinstance(result, str)]
    assert len(won) == 1
    session.rollback()
    assert session.get_one(Ticket, firm.ticket).subject == won[0]
