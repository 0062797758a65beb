"""Who is told of what: event × part in the ticket × role, as a table written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.recipients import recipients
from models import Comment, Department, JournalEntry, Staff, Ticket
from tests.support.factories import actor_of, make_department, make_ticket, make_user


@dataclass
class People:
    """One person of each part and role; ``of`` turns ids back into names."""

    session: Session
    department: Department
    by_name: dict[str, Staff]

    def of(self, ids: set[int]) -> set[str]:
        """The names of people given by id."""
        return {name for name, person in self.by_name.items() if person.id in ids}


@pytest.fixture
def people(session: Session) -> People:
    """Author, assignee and commenter have no role; the others have one each."""
    here, elsewhere = make_department(session), make_department(session)
    by_name = {
        "author": make_user(session),
        "assignee": make_user(session, employee_of=[elsewhere]),
        "boss": make_user(session, coordinator_of=[here]),
        "worker": make_user(session, employee_of=[here]),
        "taker": make_user(session, employee_of=[here]),
        "commenter": make_user(session, employee_of=[here]),
        "boss_elsewhere": make_user(session, coordinator_of=[elsewhere]),
        "administrator": make_user(session, administrator=True),
        "disabled": make_user(session, employee_of=[here], active=False),
    }
    return People(session, here, by_name)


DEPARTMENT = {"boss", "worker", "taker", "commenter"}
# kind, sent to the assignee by name?, who did it → who is told
TABLE: list[tuple[Kind, bool, str, set[str]]] = [
    (Kind.TICKET_CREATED, False, "author", DEPARTMENT),
    (Kind.TICKET_CREATED, False, "worker", DEPARTMENT - {"worker"}),
    (Kind.TICKET_CREATED, True, "author", {"assignee", "boss"}),
    (Kind.TICKET_CREATED, True, "boss", {"assignee"}),
    (Kind.TICKET_TRANSFERRED, False, "boss", (DEPARTMENT | {"author"}) - {"boss"}),
    (Kind.TICKET_TRANSFERRED, True, "taker", {"assignee", "boss", "author"}),
    (Kind.TICKET_TAKEN, False, "taker", {"author"}),
    (Kind.TICKET_TAKEN, True, "assignee", {"author"}),
    (Kind.TICKET_TAKEN, True, "boss", {"author", "assignee"}),
    (Kind.TICKET_RELEASED, False, "taker", (DEPARTMENT | {"author"}) - {"taker"}),
    (Kind.TICKET_RELEASED, True, "boss", {"author", "assignee"}),
    (Kind.TICKET_COMPLETED, False, "taker", {"author"}),
    (Kind.TICKET_COMPLETED, True, "author", {"assignee"}),
    (Kind.TICKET_REOPENED, False, "author", DEPARTMENT),
    (Kind.TICKET_REOPENED, True, "author", {"assignee", "boss"}),
    (Kind.TICKET_COMMENTED, False, "author", {"taker", "commenter"}),
    (Kind.TICKET_COMMENTED, True, "author", {"assignee"}),
    (Kind.TICKET_COMMENTED, False, "commenter", {"author", "taker"}),
    (Kind.TICKET_EDITED, False, "author", set()),
    (Kind.TICKET_ARCHIVED, False, "boss", set()),
    (Kind.TICKET_RESTORED, False, "boss", set()),
]


def happen(people: People, kind: Kind, named: bool, by: str) -> tuple[JournalEntry, Ticket]:
    """The ticket, with a comment, as it is after the event, and the journal's entry of it."""
    session, who = people.session, people.by_name
    values: dict[str, Any] = {"assignee": who["assignee"]} if named else {}
    if kind == Kind.TICKET_COMMENTED and not named:
        values["taken_by"] = who["taker"]
    ticket = make_ticket(session, author=who["author"], department=people.department, **values)
    session.add(Comment(ticket_id=ticket.id, author_id=who["commenter"].id, body="hm"))
    old = {"taken_by_id": who["taker"].id} if kind == Kind.TICKET_RELEASED else {}
    actor = actor_of(session, who[by])
    return record(session, kind, actor=actor, ticket_id=ticket.id, old=old), ticket


@pytest.mark.parametrize(("kind", "named", "by", "told"), TABLE)
def test_those_are_told_and_nobody_else(
    people: People, kind: Kind, named: bool, by: str, told: set[str]
) -> None:
    entry, ticket = happen(people, kind, named, by)
    assert people.of(recipients(people.session, entry, ticket)) == told


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.startswith("ticket.")])
@pytest.mark.parametrize("named", [False, True])
def test_actor_is_never_told(people: People, kind: Kind, named: bool) -> None:
    for by in ("author", "boss", "administrator"):
        entry, ticket = happen(people, kind, named, by)
        assert people.by_name[by].id not in recipients(people.session, entry, ticket)


def test_everything_the_program_does_by_itself_is_told_to_nobody(people: People) -> None:
    ticket = make_ticket(people.session, author=people.by_name["author"], department=people.department)
    entry = record(people.session, Kind.TICKET_ARCHIVED, actor=None, ticket_id=ticket.id)
    assert recipients(people.session, entry, ticket) == set()


def test_former_assignee_who_sees_the_ticket_no_more_is_not_told(people: People) -> None:
    who = people.by_name
    ticket = make_ticket(
        people.session, author=who["author"], department=people.department, assignee=who["worker"]
    )
    old = {"assignee_id": who["assignee"].id, "taken_by_id": who["taker"].id}
    entry = record(
        people.session,
        Kind.TICKET_TRANSFERRED,
        actor=actor_of(people.session, who["boss"]),
        ticket_id=ticket.id,
        old=old,
        new={"assignee_id": who["worker"].id},
    )
    assert people.of(recipients(people.session, entry, ticket)) == {"author", "worker"}
