"""Demo data: the same from a seed, believable, and consistent with what the services would have written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.actors import load_actor
from app.demo import LOGINS, filling, staff
from app.demo.filling import DemoError, fill_database
from app.events import Kind
from app.search import find_clients
from models import (
    Call,
    Client,
    Comment,
    Department,
    JournalEntry,
    OutboxEvent,
    Staff,
    State,
    Ticket,
    TicketRead,
    Topic,
)
from tests.support.factories import make_user

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
TICKETS, CLIENTS = 600, 120


def fill(session: Session, tickets: int = TICKETS, clients: int = CLIENTS) -> tuple[int, int]:
    return fill_database(session, tickets=tickets, clients=clients, seed=1, now=NOW)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real password hashes, made with a single turn."""
    quick = partial(generate_password_hash, method="pbkdf2:sha256:1")
    monkeypatch.setattr(staff, "generate_password_hash", quick)


@pytest.fixture
def firm(session: Session) -> Session:
    """A session on a database with a small demo firm."""
    fill(session)
    return session


def entries(session: Session) -> dict[int, list[JournalEntry]]:
    """The journal of each ticket in order."""
    found: dict[int, list[JournalEntry]] = {}
    for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.id)):
        if entry.ticket_id is not None:
            found.setdefault(entry.ticket_id, []).append(entry)
    return found


def test_demo_writes_what_it_was_asked_for(firm: Session) -> None:
    counts = {model: firm.scalar(select(func.count()).select_from(model)) for model in (Ticket, Client, Call)}
    assert counts == {Ticket: TICKETS, Client: CLIENTS, Call: int(TICKETS * 0.3)}
    assert firm.scalar(select(func.count(Staff.id))) == 30
    assert firm.scalar(select(func.count(Department.id))) == 4
    assert firm.scalar(select(func.count(OutboxEvent.id))) == 0


def test_demo_logins_sign_in_with_their_roles(firm: Session) -> None:
    assert Counter(role for _login, _password, role in LOGINS) == {
        "administrator": 1,
        "coordinator": 2,
        "employee": 4,
        "operator": 1,
    }
    places: dict[str, list[frozenset[int]]] = {"coordinator": [], "employee": [], "operator": []}
    for login, password, role in LOGINS:
        user = firm.scalars(select(Staff).where(Staff.username == login)).one()
        assert check_password_hash(user.password, password)
        actor = load_actor(firm, user.id)
        assert actor.is_administrator == (role == "administrator")
        if role != "administrator":
            places[role].append(actor.coordinates if role == "coordinator" else actor.works_in)
    assert len(set(places["coordinator"])) == 2
    assert len(set(places["employee"])) == 4
    assert all(len(departments) == 1 for departments in [*places["coordinator"], *places["employee"]])


def test_demo_ticket_stands_as_its_journal_says(firm: Session) -> None:
    """Replaying the new values of a ticket's journal gives its row."""
    journal = entries(firm)
    for ticket in firm.scalars(select(Ticket)):
        story = journal[ticket.id]
        assert story[0].kind == Kind.TICKET_CREATED
        assert story[0].actor_id == ticket.author_id
        columns = {
            "state": "free",
            "taken_by_id": None,
            "done_by_id": None,
            "taken_at": None,
            "done_at": None,
        }
        columns["archived_at"] = None
        for entry in story:
            assert all(columns[name] == value for name, value in (entry.old or {}).items())
            columns.update({k: v for k, v in entry.new.items() if k != "comment_id"})
        for name, value in columns.items():
            stored = getattr(ticket, name)
            assert value == (stored.isoformat() if isinstance(stored, datetime) else stored), (
                ticket.id,
                name,
            )


def test_demo_ticket_counts_what_happened_to_it(firm: Session) -> None:
    journal = entries(firm)
    comments = Counter(firm.scalars(select(Comment.ticket_id)))
    for ticket in firm.scalars(select(Ticket)):
        story = journal[ticket.id]
        said = [entry for entry in story if entry.kind == Kind.TICKET_COMMENTED]
        assert ticket.activity == len(story)
        assert ticket.version == len(story) - len(said)
        assert ticket.comments_count == comments[ticket.id] == len(said)
        assert ticket.updated_at == story[-1].at
        assert ticket.created_at == story[0].at


def test_demo_journal_goes_forward_and_ends_before_now(firm: Session) -> None:
    moments = list(firm.scalars(select(JournalEntry.at).order_by(JournalEntry.id)))
    assert moments == sorted(moments)
    assert moments[-1] <= NOW
    assert moments[0] >= NOW - timedelta(days=366)


def test_demo_comment_stands_in_the_journal_with_its_author(firm: Session) -> None:
    told = {
        entry.new["comment_id"]: (entry.ticket_id, entry.actor_id, entry.at)
        for entry in firm.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.TICKET_COMMENTED))
    }
    written = {c.id: (c.ticket_id, c.author_id, c.created_at) for c in firm.scalars(select(Comment))}
    assert written == told
    assert len(written) > TICKETS / 2


def test_demo_archive_holds_what_was_done_days_ago(app: Flask, firm: Session) -> None:
    live = firm.scalars(select(Ticket).where(Ticket.state != State.ARCHIVED)).all()
    assert {ticket.state for ticket in live} == {State.FREE, State.IN_WORK, State.DONE}
    assert 10 < len(live) < TICKETS / 4
    days = timedelta(days=app.config["ARCHIVE_AFTER_DAYS"])
    for ticket in live:
        if ticket.state == State.DONE:
            assert ticket.updated_at + days + timedelta(hours=1) >= NOW
    seen = set(firm.scalars(select(TicketRead.ticket_id)))
    assert seen
    assert seen <= {ticket.id for ticket in live}


def test_demo_clients_totals_are_true(firm: Session) -> None:
    tickets = Counter(firm.scalars(select(Ticket.client_id)))
    calls = Counter(firm.scalars(select(Call.client_id)))
    for client in firm.scalars(select(Client)):
        assert client.tickets_count == tickets[client.id]
        assert client.calls_count == calls[client.id]
        assert (client.last_contact_at is None) == (client.id not in tickets | calls)


def test_demo_has_noisy_clients_and_quiet_ones(firm: Session) -> None:
    totals = sorted(firm.scalars(select(Client.tickets_count)), reverse=True)
    assert totals[0] > 3 * TICKETS / CLIENTS
    assert sum(totals[: CLIENTS // 2]) > TICKETS * 0.6


def test_demo_clients_are_found_by_name_login_and_phone(firm: Session) -> None:
    query = select(Client).where(Client.is_hidden.is_(False), Client.login.is_not(None), Client.phones.any())
    for client in firm.scalars(query.limit(10)):
        for typed in (client.full_name, client.login or "", client.phone):
            assert client.id in {hit.client.id for hit in find_clients(firm, typed, limit=100)}, typed


def test_demo_is_the_same_from_the_same_seed(app: Flask, session: Session) -> None:
    def picture() -> list[str]:
        rows = session.execute(text("SELECT subject, body, client_id, created_at FROM ticket ORDER BY id"))
        return [str(tuple(row)) for row in rows]

    outer = session.begin_nested()
    fill(session, 150, 50)
    first = picture()
    outer.rollback()
    fill(session, 150, 50)
    assert picture() == first
    assert len(set(first)) == 150


def test_demo_grows_to_the_number_asked_for(firm: Session) -> None:
    assert fill(firm, TICKETS + 200, CLIENTS + 30) == (200, 30)
    assert fill(firm, TICKETS + 200, CLIENTS + 30) == (0, 0)
    assert firm.scalar(select(func.count(Ticket.id))) == TICKETS + 200
    assert firm.scalar(select(func.sum(Client.tickets_count))) == TICKETS + 200
    assert firm.scalar(select(func.count(Staff.id))) == 30


def test_demo_lets_the_next_ticket_and_client_have_their_numbers(firm: Session) -> None:
    author = firm.scalars(select(Staff).limit(1)).one()
    client = Client(full_name="Новий Клієнт")
    firm.add(client)
    firm.flush()
    ticket = Ticket(client_id=client.id, author_id=author.id, department_id=1, subject="Next")
    ticket.department_id = firm.scalars(select(Department.id).limit(1)).one()
    firm.add(ticket)
    firm.flush()
    assert client.id > CLIENTS
    assert ticket.id > TICKETS


def test_demo_leaves_a_real_firm_alone(session: Session) -> None:
    make_user(session, "somebody")
    with pytest.raises(DemoError):
        fill(session)
    assert session.scalar(select(func.count(Client.id))) == 0


def test_demo_says_so_when_its_departments_were_renamed(firm: Session) -> None:
    firm.scalars(select(Topic).limit(1)).one().name = "Something else"
    with pytest.raises(DemoError, match="renamed"):
        fill(firm, TICKETS + 1)


def test_large_demo_keeps_every_index_and_foreign_key(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def schema() -> list[str]:
        if session.get_bind().dialect.name == "sqlite":
            return sorted(
                session.scalars(text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"))
            )
        keys = text(
            "SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid) FROM pg_constraint"
        )
        indexes = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return sorted([*session.scalars(keys), *session.scalars(indexes)])

    monkeypatch.setattr(filling, "LARGE", 1)
    before = schema()
    assert fill(session) == (TICKETS, CLIENTS)
    assert schema() == before


def test_seed_command_fills_and_grows_and_knows_the_first_start(app: Flask, session: Session) -> None:
    runner = app.test_cli_runner()
    sizes = ["--tickets", "60", "--clients", "40"]
    first = runner.invoke(args=["seed", "--demo", *sizes])
    assert first.exit_code == 0, first.output
    assert "60 tickets and 40 clients" in first.output
    again = runner.invoke(args=["seed", "--demo", "--tickets", "90"])
    assert (again.exit_code, again.output) == (0, "")
    grown = runner.invoke(args=["seed", "--tickets", "90", "--clients", "40"])
    assert "30 tickets and 0 clients" in grown.output
    assert session.scalar(select(func.count(Ticket.id))) == 90


def test_seed_command_refuses_a_real_firm_by_name(app: Flask, session: Session) -> None:
    make_user(session, "somebody")
    session.commit()
    answer = app.test_cli_runner().invoke(args=["seed", "--tickets", "5"])
    assert answer.exit_code == 1
    assert "other people" in answer.output
