"""The rules of sight read once more, in plain Python, for tests to hold the SQL against.

Written from ARCHITECTURE, section 2, and from nothing else: it imports no policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """Someone who works here; ``roles`` holds what he is now, by department.

    ``sights`` says how far a role of an administrator's making sees there.
    """

    id: int
    active: bool = True
    administrator: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)
    sights: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    """A ticket, as far as sight is concerned."""

    id: int
    author: int
    assignee: int | None
    department: int
    archived: bool = False


def sight_in(person: Person, department: int) -> str:
    """How far the person's role sees in a department; "" without a role."""
    delivered = {"employee": "shared_and_own", "coordinator": "department"}
    return person.sights.get(department) or delivered.get(person.roles.get(department, ""), "")


def is_sent_to(person: Person, ticket: Paper) -> bool:
    """Rules 1, 3, 4 and 5: it stands in this person's inbox (or stood there, before the archive)."""
    if not person.active:
        return False
    if person.administrator:
        return True
    if ticket.assignee == person.id:
        return True
    if ticket.assignee is None and sight_in(person, ticket.department) == "shared_and_own":
        return True
    return sight_in(person, ticket.department) == "department"


def sees(person: Person, ticket: Paper) -> bool:
    """All five rules: what is sent to him, and what he wrote himself (rule 2)."""
    return person.active and (ticket.author == person.id or is_sent_to(person, ticket))


def in_box(box: str, person: Person, ticket: Paper) -> bool:
    """Inbox: sent to me. Outbox: written by me. Archive: all that I see of what is archived."""
    if box == "archive":
        return ticket.archived and sees(person, ticket)
    if ticket.archived or not person.active:
        return False
    return ticket.author == person.id if box == "outbox" else is_sent_to(person, ticket)
