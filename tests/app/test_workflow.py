"""State × person × verb: allowed, or which refusal; and what the journal says afterwards."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden
from app.policy import Actor, Verb, load_actor
from app.services.tickets import move_ticket
from app.workflow import (
    MOVE_VERBS,
    MOVES,
    allowed_moves,
    archive_by_itself,
    can_comment,
    can_edit,
    find_move,
    move,
)
from models import JournalEntry, OutboxEvent, State, Ticket, utcnow
from tests.support.factories import actor_of, make_department, make_ticket, make_user

STATES = ("free", "in_work", "done", "archived")
VERBS = ("take", "release", "transfer", "complete", "reopen", "archive", "restore")
SOURCES = {
    "take": {"free"},
    "release": {"in_work"},
    "transfer": {"free", "in_work"},
    "complete": {"in_work"},
    "reopen": {"done"},
    "archive": {"done"},
    "restore": {"archived"},
}
# Who may make which move, by hand from ARCHITECTURE, section 2. "worker" takes and completes
# the tickets below; "colleague" is another employee of the department.
CHIEFS = {"administrator", "coordinator"}
EVERYONE = {*CHIEFS, "worker", "colleague", "author"}
MAKERS: dict[tuple[str, str], set[str]] = {
    ("free", "take"): EVERYONE,
    ("free", "transfer"): EVERYONE,
    ("in_work", "release"): {*CHIEFS, "worker"},
    ("in_work", "transfer"): {*CHIEFS, "worker"},
    ("in_work", "complete"): {"worker"},
    ("done", "reopen"): {*CHIEFS, "worker", "author"},
    ("done", "archive"): CHIEFS,
    ("archived", "restore"): CHIEFS,
}
TARGETS = {
    "take": "in_work",
    "release": "free",
    "transfer": "free",
    "complete": "done",
    "reopen": "free",
    "archive": "archived",
    "restore": "done",
}
PEOPLE = ("administrator", "coordinator", "worker", "colleague", "author", "elsewhere")


@pytest.fixture
def people(session: Session) -> dict[str, Actor]:
    """One of each kind; ``elsewhere`` coordinates another department and saw the ticket once."""
    department, other = make_department(session, name="Here"), make_department(session, name="There")
    users = {
        "administrator": make_user(session, administrator=True),
        "coordinator": make_user(session, coordinator_of=[department]),
        "worker": make_user(session, employee_of=[department]),
        "colleague": make_user(session, employee_of=[department]),
        "author": make_user(session),
        "elsewhere": make_user(session, coordinator_of=[other]),
    }
    session.commit()
    return {name: actor_of(session, user) for name, user in users.items()}


def make_ticket_in(session: Session, state: str, people: dict[str, Actor]) -> Ticket:
    """A ticket in this state, worked on or completed by ``worker``."""
    from models import Department, Staff

    worker, now = people["worker"].id, utcnow()
    values: dict[str, Any] = {"state": State(state)}
    if state == "in_work":
        values |= {"taken_by_id": worker, "taken_at": now}
    elif state != "free":
        values |= {"done_by_id": worker, "done_at": now}
    here = session.scalars(select(Department).where(Department.name == "Here")).one()
    ticket = make_ticket(
        session, department=here, author=session.get_one(Staff, people["author"].id), **values
    )
    session.commit()
    return ticket


def entries(session: Session, ticket: Ticket) -> list[tuple[str, int | None, dict[str, Any], dict[str, Any]]]:
    """The ticket's journal, oldest first, moments left out: they are looked at apart."""
    rows = session.scalars(
        select(JournalEntry).where(JournalEntry.ticket_id == ticket.id).order_by(JournalEntry.id)
    )

    def timeless(values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not name.endswith("_at")}

    return [(row.kind, row.actor_id, timeless(row.old), timeless(row.new)) for row in rows]


@pytest.mark.parametrize("state", STATES)
def test_every_person_makes_exactly_the_moves_of_the_table(
    session: Session, people: dict[str, Actor], state: str
) -> None:
    for who, verb in product(PEOPLE, VERBS):
        ticket = make_ticket_in(session, state, people)
        allowed = who in MAKERS.get((state, verb), set())
        assert (verb in allowed_moves(people[who], ticket)) == allowed, (state, who, verb)
        if allowed:
            moved = move(session, ticket, Verb(verb), actor=people[who])
            assert moved.state == TARGETS[verb]
            assert moved.version == 2
            assert len(entries(session, ticket)) == 1
            continue
        refusal = Forbidden if state in SOURCES[verb] else Conflict
        with pytest.raises(refusal):
            move(session, ticket, Verb(verb), actor=people[who])
        session.refresh(ticket)
        assert (ticket.state, ticket.version) == (state, 1)
        assert entries(session, ticket) == []


def test_table_and_code_know_the_same_arrows() -> None:
    assert {(m.source.value, m.verb.value) for m in MOVES} == set(MAKERS)
    assert {m.verb.value: m.target.value for m in MOVES} == TARGETS
    assert {verb.value for verb in MOVE_VERBS} == set(VERBS)


def test_stale_page_gets_a_conflict_with_the_current_version(
    session: Session, people: dict[str, Actor]
) -> None:
    ticket = make_ticket_in(session, "free", people)
    move(session, ticket, Verb.TAKE, actor=people["worker"], version=1)
    move(session, ticket, Verb.RELEASE, actor=people["worker"], version=2)
    with pytest.raises(Conflict) as refused:
        move(session, ticket, Verb.TAKE, actor=people["colleague"], version=1)
    assert refused.value.details == {"current": 3, "ticket_id": ticket.id, "state": "free"}
    assert len(entries(session, ticket)) == 2


def test_row_changed_since_it_was_loaded_is_a_conflict(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id)
        .values(version=7, priority=2)
        .execution_options(synchronize_session=False)
    )
    with pytest.raises(Conflict) as refused:
        move(session, ticket, Verb.TAKE, actor=people["worker"])
    assert refused.value.details["current"] == 7
    assert (ticket.version, ticket.state, ticket.priority) == (7, "free", 2)
    assert entries(session, ticket) == []


def test_take_journals_old_and_new(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    worker = people["worker"].id
    before = utcnow()
    move(session, ticket, Verb.TAKE, actor=people["worker"])
    assert entries(session, ticket) == [
        (
            "ticket.taken",
            worker,
            {"state": "free", "taken_by_id": None},
            {"state": "in_work", "taken_by_id": worker},
        )
    ]
    assert ticket.taken_at is not None
    assert before <= ticket.taken_at <= utcnow()
    assert (ticket.activity, ticket.version) == (2, 2)
    entry = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == ticket.id)).one()
    assert entry.client_id == ticket.client_id
    assert session.scalars(select(OutboxEvent.journal_id)).all() == [entry.id]


def test_complete_of_a_free_ticket_takes_it_first(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    worker = people["worker"].id
    done = move_ticket(session, ticket, Verb.COMPLETE, actor=people["worker"], version=1)
    assert (done.state, done.taken_by_id, done.done_by_id, done.version) == ("done", None, worker, 3)
    assert entries(session, ticket) == [
        (
            "ticket.taken",
            worker,
            {"state": "free", "taken_by_id": None},
            {"state": "in_work", "taken_by_id": worker},
        ),
        (
            "ticket.completed",
            worker,
            {"state": "in_work", "taken_by_id": worker, "done_by_id": None},
            {"state": "done", "taken_by_id": None, "done_by_id": worker},
        ),
    ]


def test_colleague_cannot_complete_what_another_has_in_work(
    session: Session, people: dict[str, Actor]
) -> None:
    for who in ("colleague", "coordinator", "administrator"):
        ticket = make_ticket_in(session, "in_work", people)
        with pytest.raises(Forbidden):
            move_ticket(session, ticket, Verb.COMPLETE, actor=people[who])


def test_stale_complete_of_a_free_ticket_changes_nothing(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    with pytest.raises(Conflict):
        move_ticket(session, ticket, Verb.COMPLETE, actor=people["worker"], version=9)
    assert entries(session, ticket) == []
    assert ticket.state == "free"


def test_reopen_forgets_who_did_it(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "done", people)
    worker = people["worker"].id
    move_ticket(session, ticket, Verb.REOPEN, actor=people["author"])
    assert (ticket.state, ticket.done_by_id, ticket.done_at, ticket.taken_by_id) == ("free", None, None, None)
    assert entries(session, ticket) == [
        (
            "ticket.reopened",
            people["author"].id,
            {"state": "done", "done_by_id": worker},
            {"state": "free", "done_by_id": None},
        )
    ]


def test_coordinator_restores_a_ticket_as_done(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "done", people)
    done_at = ticket.done_at
    move(session, ticket, Verb.ARCHIVE, actor=people["coordinator"])
    assert ticket.archived_at
    move(session, ticket, Verb.RESTORE, actor=people["coordinator"])
    session.expire_all()
    assert [ticket.state, ticket.archived_at, ticket.done_at] == ["done", None, done_at]
    assert ticket.done_by_id == people["worker"].id
    assert [entry[0] for entry in entries(session, ticket)] == ["ticket.archived", "ticket.restored"]


def test_system_archives_with_no_actor(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "done", people)
    archive_by_itself(session, ticket)
    assert entries(session, ticket) == [("ticket.archived", None, {"state": "done"}, {"state": "archived"})]


def test_moves_touch_the_moment_of_change(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    session.execute(update(Ticket).values(updated_at=utcnow() - timedelta(days=9)))
    session.refresh(ticket)
    move(session, ticket, Verb.TAKE, actor=people["worker"])
    assert utcnow() - ticket.updated_at < timedelta(minutes=1)


@pytest.mark.parametrize("state", STATES)
def test_archive_takes_neither_comments_nor_edits(
    session: Session, people: dict[str, Actor], state: str
) -> None:
    ticket = make_ticket_in(session, state, people)
    commenters = {who for who in PEOPLE if can_comment(people[who], ticket)}
    editors = {who for who in PEOPLE if can_edit(people[who], ticket)}
    is_archived = state == "archived"
    assert commenters == (set() if is_archived else EVERYONE)
    assert editors == (set() if is_archived else {"administrator", "coordinator", "author"})


def test_assignee_without_a_role_takes_his_ticket(session: Session, people: dict[str, Actor]) -> None:
    ticket = make_ticket_in(session, "free", people)
    someone = make_user(session)
    ticket.assignee_id = someone.id
    session.commit()
    actor = load_actor(session, someone.id)
    assert set(allowed_moves(actor, ticket)) == {Verb.TAKE, Verb.TRANSFER}
    assert move(session, ticket, Verb.TAKE, actor=actor).taken_by_id == someone.id


def test_no_move_leads_from_where_it_does_not_start(session: Session, people: dict[str, Actor]) -> None:
    for state in STATES:
        ticket = make_ticket_in(session, state, people)
        assert {verb for verb in VERBS if find_move(Verb(verb), ticket)} == {
            verb for verb in VERBS if state in SOURCES[verb]
        }
        assert find_move(Verb.COMMENT, ticket) is None
