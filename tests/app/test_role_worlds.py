"""Random grids in random firms: the SQL and the grid say what plain Python says."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.policy import Verb, active_actors, can, can_somewhere, viewers, visible_tickets
from app.services.boxes import Box, BoxQuery, count_boxes, read_page
from app.services.roles import renew_stamp
from models import Department, RoleException, RoleSight, Sight, Staff
from tests.support.factories import (
    make_client,
    make_department,
    make_membership,
    make_role,
    make_ticket,
    make_user,
)
from tests.support.sight import Paper, Person, in_box, sees

WORLDS = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SIGHTS = [sight.value for sight in Sight]


class RoleWorld:
    """A firm whose roles are all of administrators' making, in the database and in plain Python."""

    def __init__(self, session: Session, seed: int) -> None:
        luck = random.Random(seed)
        departments = [make_department(session).id for _ in range(3)]
        roles = [self._role(session, luck, departments) for _ in range(3)]
        self.people: list[Person] = []
        self.verbs: dict[tuple[int, int], set[str]] = {}
        for _ in range(5):
            user = make_user(session)
            held, sights = {}, {}
            for department in departments:
                if luck.random() < 0.6:
                    key, sight_in, verbs_in = luck.choice(roles)
                    make_membership(session, user, session.get_one(Department, department), key)
                    held[department], sights[department] = key, sight_in[department]
                    self.verbs[user.id, department] = verbs_in[department]
            self.people.append(Person(user.id, roles=held, sights=sights))
        self.papers: list[Paper] = []
        self.tickets = []
        client, ids = make_client(session), [person.id for person in self.people]
        for _ in range(25):
            place, author = luck.choice(departments), luck.choice(ids)
            ticket = make_ticket(
                session,
                department=session.get_one(Department, place),
                author=session.get_one(Staff, author),
                client=client,
                assignee_id=luck.choice([None, None, *ids]),
            )
            self.tickets.append(ticket)
            self.papers.append(Paper(ticket.id, author, ticket.assignee_id, place))
        session.commit()

    @staticmethod
    def _role(
        session: Session, luck: random.Random, departments: list[int]
    ) -> tuple[str, dict[int, str], dict[int, set[str]]]:
        """(key, sight by department, verbs by department)."""
        base_sight, base = luck.choice(SIGHTS), {v.value for v in Verb if luck.random() < 0.5}
        role = make_role(session, sight=base_sight, verbs=sorted(base), is_chief=luck.random() < 0.3)
        session.flush()
        sights = dict.fromkeys(departments, base_sight)
        verbs = {department: set(base) for department in departments}
        for department in luck.sample(departments, 1):
            sights[department] = luck.choice(SIGHTS)
            session.add(RoleSight(role_id=role.id, department_id=department, sight=sights[department]))
            for verb in luck.sample([v.value for v in Verb], 4):
                is_allowed = luck.random() < 0.5
                place = {"role_id": role.id, "department_id": department}
                session.add(RoleException(**place, verb=verb, is_allowed=is_allowed))
                (verbs[department].add if is_allowed else verbs[department].discard)(verb)
        renew_stamp(session)
        return role.key, sights, verbs


@WORLDS
@given(seed=st.integers(0, 10_000))
def test_own_roles_see_in_sql_what_plain_python_says(session: Session, seed: int) -> None:
    world = RoleWorld(session, seed)
    actors = {actor.id: actor for actor in active_actors(session)}
    numbers = {paper.id for paper in world.papers}
    for person in world.people:
        actor = actors[person.id]
        shown = {ticket.id for ticket in session.scalars(visible_tickets(actor))} & numbers
        assert shown == {paper.id for paper in world.papers if sees(person, paper)}
        inbox = [paper.id for paper in world.papers if in_box("inbox", person, paper)]
        page = read_page(session, BoxQuery(box=Box.INBOX, limit=100), actor=actor)
        assert sorted(ticket.id for ticket in page.tickets) == sorted(inbox)
        assert count_boxes(session, actor=actor).all == len(inbox)
    for ticket, paper in zip(world.tickets, world.papers, strict=True):
        allowed = {person.id for person in world.people if sees(person, paper)}
        assert viewers(session, ticket) & {person.id for person in world.people} == allowed


@WORLDS
@given(seed=st.integers(0, 10_000))
def test_own_roles_may_what_plain_python_says(session: Session, seed: int) -> None:
    world = RoleWorld(session, seed)
    actors = {actor.id: actor for actor in active_actors(session)}
    work = {"take", "release", "transfer", "complete", "reopen", "comment"}
    for person in world.people:
        actor = actors[person.id]
        everywhere = set().union(*(world.verbs[person.id, one] for one in person.roles))
        assert {verb.value for verb in Verb if can_somewhere(actor, verb)} == everywhere
        for ticket, paper in zip(world.tickets, world.papers, strict=True):
            may = set(world.verbs.get((person.id, paper.department), ()))
            may |= work | {"edit", "set_priority"} if paper.author == person.id else set()
            may |= work if paper.assignee == person.id else set()
            assert {verb.value for verb in Verb if can(actor, verb, ticket)} == may
