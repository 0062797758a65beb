"""Random firms: the SQL of the policy and the boxes says what plain Python says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.policy import Actor, active_actors, load_actor, viewers, visible_tickets
from app.services.boxes import Box, BoxQuery, Filter, Sort, count_boxes, read_page, read_row
from app.services.reading import mark_read
from models import Department, Membership, Staff, State, Ticket
from tests.support.factories import make_client, make_department, make_ticket, make_user
from tests.support.sight import Paper, Person, in_box, is_sent_to, sees

START = datetime(2026, 11, 1, tzinfo=UTC)
# one world per seed: hypothesis picks the seeds, and names the one that fails
SEEDS = st.integers(0, 10_000)
WORLDS = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class World:
    """A firm and its tickets, in the database and in plain Python."""

    people: list[Person]
    tickets: list[Ticket]

    def papers(self) -> list[Paper]:
        """The tickets as the rules of sight see them."""
        return [
            Paper(t.id, t.author_id, t.assignee_id, t.department_id, t.state == State.ARCHIVED)
            for t in self.tickets
        ]

    def paper(self, ticket: Ticket) -> Paper:
        """One of them."""
        return next(paper for paper in self.papers() if paper.id == ticket.id)


def make_world(session: Session, seed: int) -> World:
    """A random firm: few departments and people, so that the rules meet one another often."""
    luck = random.Random(seed)
    departments = [make_department(session).id for _ in range(luck.randint(1, 3))]
    people = [_make_person(session, luck, departments) for _ in range(luck.randint(2, 6))]
    client = make_client(session)
    tickets = []
    for _ in range(luck.randint(0, 30)):
        tickets.append(_make_ticket(session, luck, departments, people, client))
    session.flush()
    for person in people:
        for ticket in luck.sample(tickets, len(tickets) // 3):
            mark_read(session, ticket, actor=Actor(id=person.id))
    session.commit()
    return World(people, tickets)


def _make_person(session: Session, luck: random.Random, departments: Sequence[int]) -> Person:
    active, administrator = luck.random() < 0.85, luck.random() < 0.12
    user: Staff = make_user(session, administrator=administrator, active=active)
    roles: dict[int, str] = {}
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    for department in departments:
        role = luck.choice(["", "", "employee", "employee", "coordinator"])
        start, end = luck.choice([None, -hour, -hour, hour]), luck.choice([None, hour, hour, -hour])
        if not role:
            continue
        membership = Membership(
            user_id=user.id,
            department_id=department,
            role=role,
            valid_from=start and now + start,
            valid_until=end and now + end,
        )
        session.add(membership)
        if start != hour and end != -hour:
            roles[department] = role
    return Person(user.id, active, administrator, roles)


def _make_ticket(
    session: Session, luck: random.Random, departments: Sequence[int], people: Sequence[Person], client: Any
) -> Ticket:
    anyone = [person.id for person in people]
    state = luck.choice(list(State))
    values: dict[str, Any] = {"state": state, "priority": luck.randint(0, 2)}
    if state == State.IN_WORK:
        values["taken_by_id"] = luck.choice(anyone)
    if state in {State.DONE, State.ARCHIVED}:
        values["done_by_id"] = luck.choice(anyone)
    ticket: Ticket = make_ticket(
        session,
        department=session.get_one(Department, luck.choice(departments)),
        author=session.get_one(Staff, luck.choice(anyone)),
        client=client,
        assignee_id=luck.choice([None, None, *anyone]),
        # few moments, so that many are equal and the number must decide
        updated_at=START + timedelta(microseconds=luck.randint(0, 3), days=luck.randint(0, 2)),
        **values,
    )
    return ticket


FILTERS: dict[Filter, Callable[[Ticket, int], bool]] = {
    Filter.ALL: lambda ticket, me: True,
    Filter.FREE: lambda ticket, me: ticket.state == "free",
    Filter.MINE: lambda ticket, me: ticket.state == "in_work" and ticket.taken_by_id == me,
    Filter.OTHERS: lambda ticket, me: ticket.state == "in_work" and ticket.taken_by_id != me,
    Filter.DONE: lambda ticket, me: ticket.state == "done",
}
ORDERS: dict[Sort, tuple[Callable[[Ticket], Any], bool]] = {
    Sort.NEW: (lambda ticket: ticket.id, True),
    Sort.OLD: (lambda ticket: ticket.id, False),
    Sort.PRIORITY: (lambda ticket: (ticket.priority, ticket.id), True),
    Sort.ACTIVITY: (lambda ticket: (ticket.updated_at, ticket.id), True),
}


def expected_list(world: World, person: Person, query: BoxQuery) -> list[int]:
    """The numbers of a box in their order, by plain Python."""
    chosen = [
        ticket
        for ticket, paper in zip(world.tickets, world.papers(), strict=True)
        if in_box(query.box, person, paper) and FILTERS[query.filter](ticket, person.id)
        if query.priority is None or ticket.priority == query.priority
    ]
    by_number_only = query.box == Box.ARCHIVE and query.sort != Sort.OLD
    key, down = ORDERS[Sort.NEW if by_number_only else query.sort]
    return [ticket.id for ticket in sorted(chosen, key=key, reverse=down)]


def read_all(session: Session, query: BoxQuery, actor: Any) -> list[int]:
    """All pages forward; each page is then read backward again from the next one."""
    numbers: list[int] = []
    page = read_page(session, query, actor=actor)
    assert not page.before, "there is nothing before the first page"
    while True:
        shown = [ticket.id for ticket in page.tickets]
        assert len(shown) <= query.limit
        numbers += shown
        if not page.after:
            return numbers
        following = read_page(session, replace(query, after=page.after), actor=actor)
        assert following.tickets, "a page promised another one"
        back = read_page(session, replace(query, before=following.before), actor=actor)
        assert [ticket.id for ticket in back.tickets] == shown
        assert bool(back.before) == bool(page.before)
        assert back.after == page.after
        page = following


@WORLDS
@given(seed=SEEDS)
def test_everyone_sees_in_sql_what_plain_python_says(session: Session, seed: int) -> None:
    world = make_world(session, seed)
    people = {person.id: person for person in world.people}
    actors = {actor.id: actor for actor in active_actors(session) if actor.id in people}
    assert set(actors) == {person.id for person in world.people if person.active}
    mine = {ticket.id for ticket in world.tickets}
    for user_id, actor in actors.items():
        seen = {ticket.id for ticket in session.scalars(visible_tickets(actor))} & mine
        assert seen == {paper.id for paper in world.papers() if sees(people[user_id], paper)}
    for ticket in world.tickets:
        allowed = {person.id for person in world.people if sees(person, world.paper(ticket))}
        assert viewers(session, ticket) & set(people) == allowed


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("box", list(Box))
@WORLDS
@given(seed=SEEDS, limit=st.integers(2, 6))
def test_everyone_pages_through_the_whole_box_in_order(
    session: Session, box: Box, sort: Sort, seed: int, limit: int
) -> None:
    world = make_world(session, seed)
    filters = [Filter.ALL] if box == Box.ARCHIVE else list(Filter)
    mine = {ticket.id for ticket in world.tickets}
    for person in (p for p in world.people if p.active):
        actor = load_actor(session, person.id)
        for wanted in filters:
            query = BoxQuery(box=box, filter=wanted, sort=sort, limit=limit)
            read = read_all(session, query, actor)
            if person.administrator:  # he sees what earlier worlds left in this database, too
                read = [number for number in read if number in mine]
            assert read == expected_list(world, person, query)


@WORLDS
@given(seed=SEEDS)
def test_everyone_reads_a_row_where_his_list_has_it(session: Session, seed: int) -> None:
    world = make_world(session, seed)
    for person in (p for p in world.people if p.active):
        actor = load_actor(session, person.id)
        for query in (BoxQuery(), BoxQuery(filter=Filter.FREE, priority=1), BoxQuery(box=Box.OUTBOX)):
            found = {t.id for t in world.tickets if read_row(session, t.id, query, actor=actor)}
            assert found == set(expected_list(world, person, query))


@WORLDS
@given(seed=SEEDS)
def test_everyone_counts_what_stands_in_his_boxes(session: Session, seed: int) -> None:
    world = make_world(session, seed)
    for person in (p for p in world.people if p.active and not p.administrator):
        actor = load_actor(session, person.id)
        counters = count_boxes(session, actor=actor)
        numbers = {wanted: len(expected_list(world, person, BoxQuery(filter=wanted))) for wanted in Filter}
        assert {wanted: getattr(counters, wanted.value) for wanted in Filter} == numbers
        outbox = [
            ticket
            for ticket, paper in zip(world.tickets, world.papers(), strict=True)
            if in_box("outbox", person, paper)
        ]
        assert counters.outbox == len(outbox)
        assert counters.outbox_open == sum(ticket.state != "done" for ticket in outbox)
        unread = read_page(session, BoxQuery(limit=100), actor=actor).unread
        assert counters.unread == len(unread)
        assert unread <= {
            ticket.id
            for ticket, paper in zip(world.tickets, world.papers(), strict=True)
            if is_sent_to(person, paper)
        }
