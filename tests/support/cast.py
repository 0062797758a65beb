"""A small firm with one of every kind of person and of ticket, and who sees what in it.

The table :data:`VISIBLE` was written by hand from ARCHITECTURE, section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Client, Department, Membership, Role, Staff, State, Ticket, utcnow
from tests.support.factories import make_client, make_department, make_ticket, make_user

# sent to the whole department A, in every state
SHARED_A = {"a_free", "a_own", "a_mine", "a_other", "a_done", "a_archived"}
NAMED_A = {"a_named", "a_both", "a_assignee", "a_named_archived"}
SHARED_B = {"b_free", "b_by_worker_a", "b_by_disabled"}
NAMED_B = {"b_named"}
ALL = SHARED_A | NAMED_A | SHARED_B | NAMED_B
ARCHIVED = {"a_archived", "a_named_archived"}

VISIBLE: dict[str, set[str]] = {
    "administrator": ALL,
    "boss_a": SHARED_A | NAMED_A,
    "worker_a": SHARED_A | {"a_named", "a_named_archived", "b_by_worker_a"},
    # a coordinator in B only: a plain employee in A
    "boss_b_worker_a": SHARED_A | SHARED_B | NAMED_B,
    "both": SHARED_A | SHARED_B | {"a_both", "b_named"},
    "worker_b": SHARED_B,
    # a membership outside its dates is nothing
    "expired_boss_a": set(),
    "future_boss_a": set(),
    # no role anywhere: only what he wrote or what was sent to him by name
    "author": ALL - {"a_own", "b_by_worker_a", "b_by_disabled"},
    "assignee": {"a_assignee"},
    "stranger": set(),
    "disabled": set(),
}
# seen as its author only, so it stands in the outbox and not in the inbox
ONLY_WRITTEN: dict[str, set[str]] = {
    "worker_a": {"b_by_worker_a"},
    "author": VISIBLE["author"],
}
WRITTEN: dict[str, set[str]] = {
    "worker_a": {"a_own", "b_by_worker_a"},
    "author": VISIBLE["author"],
}
PEOPLE = tuple(VISIBLE)
ACTIVE = tuple(name for name in PEOPLE if name != "disabled")


def expected_box(box: str, who: str) -> set[str]:
    """The tickets that stand in a box of a person, by name."""
    if box == "archive":
        return VISIBLE[who] & ARCHIVED
    if box == "outbox":
        return WRITTEN.get(who, set()) - ARCHIVED
    return VISIBLE[who] - ONLY_WRITTEN.get(who, set()) - ARCHIVED


# gives a new person a role in department A and returns his id
Hold = Callable[..., int]


@dataclass(frozen=True)
class Cast:
    """The firm in the database: ids by name."""

    people: dict[str, int]
    tickets: dict[str, int]
    departments: dict[str, int]
    client_id: int

    def names(self, ids: Any) -> set[str]:
        """The names of tickets given by number; an unknown number is an error."""
        by_id = {number: name for name, number in self.tickets.items()}
        return {by_id[number] for number in ids}

    def who(self, ids: Any) -> set[str]:
        """The names of people given by id."""
        by_id = {number: name for name, number in self.people.items()}
        return {by_id[number] for number in ids}


def subject_of(name: str) -> str:
    """A text that stands on a page if and only if the ticket is shown there."""
    return f"Printer canary-{name.replace('_', '-')}-end"


def canaries(text: str) -> set[str]:
    """The names of the tickets whose text stands in a page."""
    return {name for name in ALL if f"canary-{name.replace('_', '-')}-end" in text}


def make_cast(session: Session) -> Cast:
    """Write the firm into the database and commit."""
    a, b = make_department(session, name="Department A"), make_department(session, name="Department B")
    people = _people(session, a, b)
    client = make_client(session, full_name="Ткаченко Олена Василівна")
    tickets = _tickets(session, a, b, people, client)
    client.tickets_count = len(tickets)
    session.commit()
    return Cast(
        people={name: person.id for name, person in people.items()},
        tickets={name: ticket.id for name, ticket in tickets.items()},
        departments={"a": a.id, "b": b.id},
        client_id=client.id,
    )


def _people(session: Session, a: Department, b: Department) -> dict[str, Staff]:
    people = {
        "administrator": make_user(session, administrator=True),
        "boss_a": make_user(session, coordinator_of=[a]),
        "worker_a": make_user(session, employee_of=[a]),
        "boss_b_worker_a": make_user(session, coordinator_of=[b], employee_of=[a]),
        "both": make_user(session, employee_of=[a, b]),
        "worker_b": make_user(session, employee_of=[b]),
        "expired_boss_a": make_user(session),
        "future_boss_a": make_user(session),
        "author": make_user(session),
        "assignee": make_user(session),
        "stranger": make_user(session),
        "disabled": make_user(session, coordinator_of=[a], active=False),
    }
    now, day = utcnow(), timedelta(days=1)
    dated = (("expired_boss_a", None, now - day), ("future_boss_a", now + day, None))
    for name, start, end in dated:
        membership = Membership(
            user_id=people[name].id,
            department_id=a.id,
            role=Role.COORDINATOR,
            valid_from=start,
            valid_until=end,
        )
        session.add(membership)
    session.flush()
    return people


def _tickets(
    session: Session, a: Department, b: Department, people: dict[str, Staff], client: Client
) -> dict[str, Ticket]:
    def ticket(name: str, department: Department, author: str = "author", **values: Any) -> Ticket:
        if "assignee" in values:
            values["assignee_id"] = people[values.pop("assignee")].id
        return make_ticket(
            session,
            department=department,
            author=people[author],
            client=client,
            subject=subject_of(name),
            body=f"It is broken: {subject_of(name)}",
            **values,
        )

    worker, other, now = people["worker_a"].id, people["boss_b_worker_a"].id, utcnow()
    done = {"state": State.DONE, "done_by_id": worker, "done_at": now}
    archived = {**done, "state": State.ARCHIVED, "archived_at": now}
    return {
        "a_free": ticket("a_free", a),
        "a_own": ticket("a_own", a, "worker_a"),
        "a_mine": ticket("a_mine", a, state=State.IN_WORK, taken_by_id=worker, taken_at=now),
        "a_other": ticket("a_other", a, state=State.IN_WORK, taken_by_id=other, taken_at=now),
        "a_done": ticket("a_done", a, **done),
        "a_archived": ticket("a_archived", a, **archived),
        "a_named": ticket("a_named", a, assignee="worker_a"),
        "a_both": ticket("a_both", a, assignee="both"),
        "a_assignee": ticket("a_assignee", a, assignee="assignee"),
        "a_named_archived": ticket("a_named_archived", a, assignee="worker_a", **archived),
        "b_free": ticket("b_free", b),
        "b_named": ticket("b_named", b, assignee="both"),
        "b_by_worker_a": ticket("b_by_worker_a", b, "worker_a"),
        "b_by_disabled": ticket("b_by_disabled", b, "disabled"),
    }
