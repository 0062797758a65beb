"""Doubles: found, merged, and two people again; tickets, calls and counters follow."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind
from app.policy import Actor
from app.search import find_clients
from app.services.calls import record_call
from app.services.clients import list_clients
from app.services.doubles import Suspicion, count_doubles, dismiss_double, keep_suspicions, list_doubles
from app.services.merging import merge_clients, survivor_id
from app.services.tickets import TicketDraft, create_ticket
from app.services.undo import undo_run
from models import Call, Client, Department, JournalEntry, Source, Ticket
from tests.support.factories import actor_of, make_client, make_department, make_user


@pytest.fixture
def department(session: Session) -> Department:
    return make_department(session)


@pytest.fixture
def boss(session: Session, department: Department) -> Actor:
    """A coordinator."""
    return actor_of(session, make_user(session, coordinator_of=[department]))


def write(session: Session, client: Client, boss: Actor, department: Department) -> Ticket:
    """A ticket for the client, by the service that counts."""
    draft = TicketDraft(client_id=client.id, department_id=department.id, subject="Printer", body="")
    return create_ticket(session, draft, actor=boss)


def counters(*clients: Client) -> list[tuple[int, int]]:
    """(tickets, calls) of each."""
    return [(client.tickets_count, client.calls_count) for client in clients]


def test_history_moves_with_the_merge_and_returns_with_the_undo(
    session: Session, boss: Actor, department: Department
) -> None:
    stays = make_client(session, "Ткаченко Олена Василівна", login="o.tkachenko", phones=["100"])
    double = make_client(session, "Кравець Олена", phones=["200"], room="12")
    hers, others = write(session, stays, boss, department), write(session, double, boss, department)
    asked = TicketDraft(client_id=double.id, department_id=department.id, subject="How to print")
    call = record_call(session, asked, actor=boss)
    session.expire_all()
    assert counters(stays, double) == [(1, 0), (1, 1)]

    kept, run = merge_clients(session, stays.id, double.id, actor=boss)
    assert kept.id == stays.id
    session.expire_all()
    assert counters(stays, double) == [(2, 1), (0, 0)]
    assert {session.get_one(Ticket, t.id).client_id for t in (hers, others)} == {stays.id}
    assert session.get_one(Call, call.id).client_id == stays.id
    assert ([p.number for p in stays.phones], stays.room) == (["100", "200"], "12")
    assert survivor_id(session, double.id) == stays.id
    # who was known by the other name or number is found, once
    for words in ("кравець", "200"):
        assert [hit.client.id for hit in find_clients(session, words)] == [stays.id]
    later = write(session, stays, boss, department)

    undo_run(session, run.id, actor=boss)
    session.expire_all()
    assert counters(stays, double) == [(2, 0), (1, 1)]
    assert session.get_one(Ticket, others.id).client_id == double.id
    assert {session.get_one(Ticket, t.id).client_id for t in (hers, later)} == {stays.id}
    assert ([p.number for p in stays.phones], stays.room) == (["100"], "")
    assert {c.id for c in list_clients(session)[0]} >= {stays.id, double.id}
    assert [hit.client.id for hit in find_clients(session, "кравець")] == [double.id]
    told = session.scalars(
        select(JournalEntry.kind).where(JournalEntry.client_id == double.id).order_by(JournalEntry.id)
    ).all()
    assert [kind for kind in told if kind in (Kind.CLIENT_MERGED, Kind.CLIENT_UNMERGED)] == [
        Kind.CLIENT_MERGED,
        Kind.CLIENT_UNMERGED,
    ]


def test_the_one_whom_the_directory_knows_stays(session: Session, boss: Actor) -> None:
    by_hand = make_client(session, "Ткаченко О.", login="tk")
    known = make_client(session, "Ткаченко Олена", object_guid="c0f9a4a6-3f3a-4b58-93b3-1f0f3a0f7a11")
    kept, _run = merge_clients(session, by_hand.id, known.id, actor=boss)
    assert kept.id == known.id
    assert by_hand.merged_into_id == known.id


def test_merging_twice_or_with_oneself_or_with_nobody_is_refused(session: Session, boss: Actor) -> None:
    one, other, third = (make_client(session, name) for name in ("Один", "Другий", "Третій"))
    with pytest.raises(Invalid):
        merge_clients(session, one.id, one.id, actor=boss)
    with pytest.raises(NotFound):
        merge_clients(session, one.id, 10**6, actor=boss)
    merge_clients(session, one.id, other.id, actor=boss)
    with pytest.raises(Conflict):
        merge_clients(session, third.id, other.id, actor=boss)


def test_employee_may_not_merge(session: Session, department: Department) -> None:
    employee = actor_of(session, make_user(session, employee_of=[department]))
    one, other = make_client(session), make_client(session)
    with pytest.raises(Forbidden):
        merge_clients(session, one.id, other.id, actor=employee)


def test_dismissed_pair_is_not_suspected_again(session: Session, boss: Actor) -> None:
    one, other, third = (make_client(session, name) for name in ("Один", "Другий", "Третій"))
    found = [
        Suspicion(other.id, one.id, 90, ("surname",)),
        Suspicion(one.id, third.id, 95, ("surname",)),
    ]
    assert keep_suspicions(session, found) == 2
    pairs = list_doubles(session, actor=boss)
    assert [(p.client_id, p.other_id) for p in pairs] == [(one.id, third.id), (one.id, other.id)]
    dismiss_double(session, other.id, one.id, actor=boss)
    assert keep_suspicions(session, found) == 1
    assert count_doubles(session) == 1
    merge_clients(session, one.id, third.id, actor=boss)
    assert count_doubles(session) == 0


def test_claims_of_the_double_are_known_as_taken_over(session: Session, boss: Actor) -> None:
    from app.services.sources import field_sources

    stays, double = make_client(session, "Ткаченко Олена"), make_client(session, "Ткаченко О.", room="12")
    merge_clients(session, stays.id, double.id, actor=boss)
    assert field_sources(session, stays.id)["room"].counts.source is Source.MERGED
