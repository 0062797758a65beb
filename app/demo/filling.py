"""Fills a database with the demo firm, or adds to it, in one transaction."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Connection, func, literal, select, text, union_all, update
from sqlalchemy.orm import Session

from app.demo.clients import Callers, Clients
from app.demo.indexes import without_indexes
from app.demo.names import language_of
from app.demo.rhythm import WorkClock, arrivals
from app.demo.staff import PEOPLE, Firm, load_firm, make_firm
from app.demo.stories import DAY, Happening, Story, Storyteller, journal_text
from app.demo.texts import SOLVED_AT_ONCE
from app.demo.writer import Table, stamp
from app.events import Kind
from models import Call, Client, Comment, JournalEntry, Staff, State, Ticket, TicketRead

TICKET_COLUMNS = (
    "id client_id department_id author_id assignee_id taken_by_id done_by_id topic_id topic_text subject "
    "body priority state created_at updated_at taken_at done_at archived_at version activity comments_count"
)
_STORED = TICKET_COLUMNS.split()[1:13]
HISTORY = timedelta(days=365)
CALLS_PER_TICKET = 0.3
# however large the demo is, people have only so much on their desks
MOST_OPEN, MOST_DONE = 1_000, 1_500
# rows from which on it is quicker to build the indexes anew
LARGE = 50_000
LOADED = (
    "client",
    "client_phone",
    "client_word",
    "ticket",
    "comment",
    "call",
    "journal_entry",
    "ticket_read",
)
Progress = Callable[[int], object]


class DemoError(Exception):
    """The database holds a real firm, or somebody has changed the demo's reference data."""


def fill_database(
    session: Session,
    *,
    tickets: int,
    clients: int,
    seed: int,
    now: datetime,
    progress: Progress = lambda _number: None,
) -> tuple[int, int]:
    """Bring the demo firm up to so many tickets and clients; returns how many of each were added.

    Flushed, not committed. The same seed and moment give the same rows. Nobody is told of seeded history:
    it has a journal and no outbox. Raises DemoError in a database that is somebody's own.
    """
    firm = _firm(session, now)
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
    more_clients = max(0, clients - (session.scalar(select(func.count(Client.id))) or 0))
    more_tickets = max(0, tickets - (session.scalar(select(func.count(Ticket.id))) or 0))
    large = more_tickets + more_clients >= LARGE
    with without_indexes(connection, LOADED) if large else nullcontext():
        _add(session, firm, (more_tickets, more_clients), seed=seed, now=now, progress=progress)
    if more_clients or more_tickets:
        _count_contacts(connection)
        connection.execute(text("ANALYZE"))
    session.expire_all()
    return more_tickets, more_clients


def _add(
    session: Session, firm: Firm, more: tuple[int, int], *, seed: int, now: datetime, progress: Progress
) -> None:
    connection, (more_tickets, more_clients) = session.connection(), more
    if more_clients:
        logins = session.scalars(select(Client.login).where(Client.login.is_not(None))).all()
        rng = Random(f"{seed} clients {len(logins)}")
        since = int((now - HISTORY).timestamp()) - 20 * DAY
        Clients(connection, rng, firm.units, filter(None, logins)).write(more_clients, since, progress)
    if more_tickets:
        Year(connection, firm, seed=seed, now=now).write(more_tickets, progress)


def _firm(session: Session, now: datetime) -> Firm:
    logins = set(session.scalars(select(Staff.username)))
    if not logins:
        return make_firm(session, now)
    if not {person[0] for person in PEOPLE} <= logins:
        raise DemoError("the database holds other people than the demo's")
    try:
        return load_firm(session)
    except LookupError as error:
        raise DemoError(f"the demo's {error} was renamed or removed") from None


class Year:
    """A year of tickets and calls."""

    def __init__(self, connection: Connection, firm: Firm, *, seed: int, now: datetime) -> None:
        zone = ZoneInfo(current_app.config["TIME_ZONE"])
        self._zone, self._now, self._first = zone, now, now - HISTORY
        self._tickets = Table(connection, Ticket, TICKET_COLUMNS)
        self._comments = Table(connection, Comment, "id ticket_id author_id body created_at", self._tickets)
        self._calls = Table(
            connection, Call, "id client_id author_id department_id topic_id subject created_at"
        )
        journal = "id at kind actor_id address ticket_id client_id old new"
        self._journal = Table(connection, JournalEntry, journal, self._tickets)
        self._reads = Table(connection, TicketRead, "user_id ticket_id activity", self._tickets)
        self._firm, self._seed = firm, seed
        self._rng = Random(f"{seed} tickets {self._tickets.next_id}")
        self._callers = Callers(Random(f"{seed} callers"), _people(connection))
        clock = WorkClock(self._first.date(), date(now.year + 1, 1, 31), zone)
        archive_after = current_app.config["ARCHIVE_AFTER_DAYS"] * DAY
        self._teller = Storyteller(self._rng, firm, clock, int(now.timestamp()), archive_after)
        # what will happen later than the tickets written so far: the journal is written in order of time
        self._ahead: list[tuple[int, int, int | None, int, Happening]] = []
        self._pushed = 0

    def write(self, number: int, progress: Progress) -> None:
        """Write ``number`` tickets and the calls among them."""
        calls = int(number * CALLS_PER_TICKET)
        open_tickets = min(MOST_OPEN, max(number * 0.011, min(number * 0.2, 15)))
        rhythm = (self._first, self._now, self._zone)
        written = ((at, True) for at in arrivals(self._rng, number, *rhythm))
        answered = ((at, False) for at in arrivals(Random(f"{self._seed} calls"), calls, *rhythm))
        left = number
        for at, is_ticket in heapq.merge(written, answered):
            self._write_journal(at)
            if is_ticket:
                left -= 1
                self._write_ticket(at, left, open_tickets)
                progress(1)
            else:
                self._write_call(at)
        self._write_journal(None)
        for table in (self._tickets, self._comments, self._calls, self._journal, self._reads):
            table.finish()

    def _write_ticket(self, at: int, younger: int, open_tickets: float) -> None:
        """The ticket after which ``younger`` ones are still to come; the youngest are open."""
        ticket_id = self._tickets.take_id()
        story = self._teller.begin(at, *self._callers.next())
        chance = 0.8 * 2.72 ** (-0.8 * younger / open_tickets)
        if self._rng.random() < chance + (0.003 if younger < 20 * open_tickets else 0):
            self._teller.live_on(story)
        else:
            self._teller.finish(story)
            self._teller.archive(story, by_hand=younger > MOST_DONE)
        columns = story.columns
        self._tickets.add(
            ticket_id,
            *[columns[name] for name in _STORED],
            stamp(at),
            stamp(story.at),
            *[columns[name] and stamp(columns[name]) for name in ("taken_at", "done_at", "archived_at")],
            story.version,
            story.activity,
            story.comments_count,
        )
        for happening in story.happenings:
            self._push(happening, ticket_id, columns["client_id"])
        if columns["state"] != State.ARCHIVED:
            self._mark_read(ticket_id, story)

    def _mark_read(self, ticket_id: int, story: Story) -> None:
        """Whoever did something has read it up to there; half of them, and of the department, to the end."""
        columns, last = story.columns, len(story.happenings)
        place = self._firm.departments.index(columns["department_id"])
        watchers = [columns["assignee_id"]] if columns["assignee_id"] else self._firm.of_department(place)
        seen = {watcher: last for watcher in watchers if self._rng.random() < 0.5}
        for number, happening in enumerate(story.happenings, 1):
            if happening.actor_id is not None:
                seen[happening.actor_id] = last if self._rng.random() < 0.5 else number
        for user_id, activity in seen.items():
            self._reads.add(user_id, ticket_id, activity)

    def _write_call(self, at: int) -> None:
        rng, call_id = self._rng, self._calls.take_id()
        client_id, language = self._callers.next()
        author = rng.choice(self._firm.operators())
        subject = rng.choice(SOLVED_AT_ONCE)[language == "ru"]
        topic, place = rng.choice(self._firm.topics)
        department = None if place is None else self._firm.departments[place]
        self._calls.add(call_id, client_id, author, department, topic, subject, stamp(at))
        new = {"call_id": call_id, "subject": subject}
        self._push(Happening(at, Kind.CALL_RECORDED.value, author, {}, new), None, client_id)

    def _push(self, happening: Happening, ticket_id: int | None, client_id: int) -> None:
        self._pushed += 1
        heapq.heappush(self._ahead, (happening.at, self._pushed, ticket_id, client_id, happening))

    def _write_journal(self, until: int | None) -> None:
        """What happened before this moment (None: all of it), with its comments."""
        while self._ahead and (until is None or self._ahead[0][0] < until):
            at, _number, ticket_id, client_id, happening = heapq.heappop(self._ahead)
            moment, new = stamp(at), happening.new
            if happening.comment and ticket_id is not None:
                new = {"comment_id": self._comments.take_id()}
                self._comments.add(
                    new["comment_id"], ticket_id, happening.actor_id, happening.comment, moment
                )
            self._journal.add(
                self._journal.take_id(),
                moment,
                happening.kind,
                happening.actor_id,
                "" if happening.actor_id is None else f"10.20.3.{40 + happening.actor_id % 200}",
                ticket_id,
                client_id,
                journal_text(happening.old),
                journal_text(new),
            )


def _people(connection: Connection) -> list[tuple[int, str]]:
    query = select(Client.id, Client.full_name).where(Client.is_active.is_(True), Client.is_hidden.is_(False))
    return [(row.id, language_of(row.full_name)) for row in connection.execute(query.order_by(Client.id))]


def _count_contacts(connection: Connection) -> None:
    """Make the clients' totals true."""
    tickets = select(
        Ticket.client_id, literal(1).label("ticket"), literal(0).label("call"), Ticket.created_at
    )
    calls = select(Call.client_id, literal(0), literal(1), Call.created_at)
    contacts = union_all(tickets, calls).subquery()
    totals = (
        select(
            contacts.c.client_id,
            func.sum(contacts.c.ticket).label("tickets"),
            func.sum(contacts.c.call).label("calls"),
            func.max(contacts.c.created_at).label("latest"),
        )
        .group_by(contacts.c.client_id)
        .subquery()
    )
    connection.execute(
        update(Client)
        .where(Client.id == totals.c.client_id)
        .values(tickets_count=totals.c.tickets, calls_count=totals.c.calls, last_contact_at=totals.c.latest)
    )
