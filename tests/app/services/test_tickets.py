"""Writing a ticket down, sending it on, editing it: what is kept, journaled and refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid
from app.policy import Actor
from app.services.tickets import (
    BODY_LENGTH,
    SUBJECT_LENGTH,
    TicketDraft,
    create_ticket,
    transfer_ticket,
)
from models import Client, Comment, State, Ticket, TicketRead
from tests.support.factories import (
    actor_of,
    make_client,
    make_ticket,
    make_topic,
    make_user,
)
from tests.support.firm import Firm, journal


@pytest.fixture
def firm(session: Session) -> Firm:
    """The firm of these tests."""
    return Firm(session)


def refused(session: Session, draft: TicketDraft, actor: Actor) -> set[str]:
    """The fields that are named as wrong; nothing may have been written."""
    with pytest.raises(Invalid) as error:
        create_ticket(session, draft, actor=actor)
    assert all(error.value.fields.values()), "every wrong field says what to do"
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    return set(error.value.fields)


# ---------------------------------------------------------------------------------- create


def test_employee_writes_a_ticket_down(session: Session, firm: Firm) -> None:
    topic = make_topic(session)
    draft = firm.draft(
        body="since\r\nmorning\x00 ",
        subject="  No \n network ",
        priority=2,
        topic_id=topic.id,
        topic_text="x",
    )
    ticket = create_ticket(session, draft, actor=firm.actor)
    session.commit()
    assert (ticket.subject, ticket.body) == ("No network", "since\nmorning")
    assert (ticket.state, ticket.priority, ticket.version) == ("free", 2, 1)
    assert (ticket.author_id, ticket.department_id) == (firm.worker.id, firm.there.id)
    assert (ticket.topic_id, ticket.topic_text) == (topic.id, "")
    (entry,) = journal(session, ticket)
    assert (entry.kind, entry.actor_id, entry.client_id) == ("ticket.created", firm.worker.id, firm.client.id)
    assert entry.new == {
        "department_id": firm.there.id,
        "assignee_id": None,
        "priority": 2,
        "subject": "No network",
    }


def test_client_is_counted_and_his_author_has_read_it(session: Session, firm: Firm) -> None:
    for _ in range(2):
        ticket = create_ticket(session, firm.draft(), actor=firm.actor)
    session.commit()
    client = session.get_one(Client, firm.client.id)
    session.refresh(client)
    assert (client.tickets_count, client.calls_count) == (2, 0)
    assert client.last_contact_at is not None
    read = session.get_one(TicketRead, (firm.worker.id, ticket.id))
    assert read.activity == ticket.activity


def test_first_line_of_the_text_is_the_subject(session: Session, firm: Firm) -> None:
    body = "Принтер не друкує\nсовсем"
    ticket = create_ticket(session, firm.draft(subject=" ", body=body), actor=firm.actor)
    assert (ticket.subject, ticket.body) == ("Принтер не друкує", body)
    long = create_ticket(session, firm.draft(subject="", body="a" * 500), actor=firm.actor)
    assert long.subject == "a" * (SUBJECT_LENGTH - 1) + "…"


def test_person_alone_fills_his_only_department(session: Session, firm: Firm) -> None:
    draft = firm.draft(department_id=None, assignee_id=firm.neighbour.id)
    ticket = create_ticket(session, draft, actor=firm.actor)
    assert (ticket.department_id, ticket.assignee_id) == (firm.there.id, firm.neighbour.id)


def test_double_save_makes_one_ticket(session: Session, firm: Firm) -> None:
    draft = firm.draft(request_key="11111111-2222-3333-4444-555555555555")
    first = create_ticket(session, draft, actor=firm.actor)
    session.commit()
    second = create_ticket(session, replace(draft, subject="again"), actor=firm.actor)
    session.commit()
    assert second.id == first.id
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert len(journal(session, first)) == 1
    client = session.get_one(Client, firm.client.id)
    session.refresh(client)
    assert client.tickets_count == 1


def test_key_of_another_person_opens_nothing(session: Session, firm: Firm) -> None:
    draft = firm.draft(request_key="the same key")
    create_ticket(session, draft, actor=firm.actor)
    session.commit()
    with pytest.raises(Invalid):
        create_ticket(session, draft, actor=firm.other)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"client_id": None}, {"client_id"}),
        ({"client_id": 987_654}, {"client_id"}),
        ({"department_id": None}, {"department_id"}),
        ({"department_id": 987_654}, {"department_id"}),
        ({"assignee_id": 987_654}, {"assignee_id"}),
        ({"subject": " ", "body": "\n"}, {"subject"}),
        ({"subject": "a" * (SUBJECT_LENGTH + 1)}, {"subject"}),
        ({"body": "a" * (BODY_LENGTH + 1)}, {"body"}),
        ({"topic_text": "a" * 121}, {"topic_text"}),
        ({"topic_id": 987_654}, {"topic_id"}),
        ({"priority": 3}, {"priority"}),
        ({"priority": None}, {"priority"}),
        ({"request_key": "k" * 37}, {"request_key"}),
        ({"client_id": 2**31}, {"client_id"}),
        ({"department_id": 2**63}, {"department_id"}),
        ({"topic_id": 2**70}, {"topic_id"}),
        ({"assignee_id": -(2**70)}, {"assignee_id"}),
        (
            {"client_id": None, "department_id": None, "subject": "", "priority": 9},
            {"client_id", "department_id", "subject", "priority"},
        ),
    ],
)
def test_wrong_fields_are_all_named(
    session: Session, firm: Firm, values: dict[str, Any], fields: set[str]
) -> None:
    assert refused(session, firm.draft(**values), firm.actor) == fields


def test_ticket_is_not_sent_where_it_cannot_go(session: Session, firm: Firm) -> None:
    assert refused(session, firm.draft(department_id=firm.hidden.id), firm.actor) == {"department_id"}
    assert refused(session, firm.draft(assignee_id=firm.worker.id), firm.actor) == {"assignee_id"}
    hidden = make_client(session, is_hidden=True)
    assert refused(session, firm.draft(client_id=hidden.id), firm.actor) == {"client_id"}


def test_stranger_writes_no_ticket(session: Session, firm: Firm) -> None:
    stranger = actor_of(session, make_user(session))
    with pytest.raises(Forbidden):
        create_ticket(session, firm.draft(), actor=stranger)


# -------------------------------------------------------------------------------- transfer


def test_transfer_frees_the_ticket_at_its_new_place(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here, taken_by=firm.worker)
    session.commit()
    transfer_ticket(
        session,
        ticket,
        actor=firm.actor,
        department_id=firm.there.id,
        assignee_id=firm.neighbour.id,
        version=1,
    )
    session.commit()
    assert (ticket.state, ticket.taken_by_id, ticket.taken_at) == ("free", None, None)
    assert (ticket.department_id, ticket.assignee_id) == (firm.there.id, firm.neighbour.id)
    (entry,) = journal(session, ticket)
    assert entry.kind == "ticket.transferred"
    assert entry.old["department_id"] == firm.here.id
    assert entry.new["department_id"] == firm.there.id
    assert (entry.old["assignee_id"], entry.new["assignee_id"]) == (None, firm.neighbour.id)
    assert (entry.old["state"], entry.new["state"]) == ("in_work", "free")
    assert (entry.old["taken_by_id"], entry.new["taken_by_id"]) == (firm.worker.id, None)


def test_reason_of_a_transfer_is_a_comment_before_it(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here)
    transfer_ticket(
        session, ticket, actor=firm.actor, department_id=firm.there.id, reason=" not ours ", version=1
    )
    session.commit()
    assert session.scalars(select(Comment.body)).all() == ["not ours"]
    assert [entry.kind for entry in journal(session, ticket)] == ["ticket.commented", "ticket.transferred"]


@pytest.mark.parametrize("field", ["department_id", "assignee_id"])
def test_transfer_to_nowhere_is_refused(session: Session, firm: Firm, field: str) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here)
    place: dict[str, Any] = {"department_id": firm.there.id, "assignee_id": None, field: 987_654}
    with pytest.raises(Invalid) as error:
        transfer_ticket(session, ticket, actor=firm.actor, **place)
    assert set(error.value.fields) == {field}
    assert journal(session, ticket) == []


def test_transfer_to_the_same_place_is_refused(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here)
    with pytest.raises(Invalid):
        transfer_ticket(session, ticket, actor=firm.actor, department_id=firm.here.id, reason="why")
    assert session.scalar(select(func.count()).select_from(Comment)) == 0


def test_transfer_refusals(session: Session, firm: Firm) -> None:
    colleague = actor_of(session, make_user(session, employee_of=[firm.here]))
    taken = make_ticket(session, author=firm.boss, department=firm.here, taken_by=firm.worker)
    with pytest.raises(Forbidden):
        transfer_ticket(session, taken, actor=colleague, department_id=firm.there.id)
    with pytest.raises(Conflict):
        transfer_ticket(session, taken, actor=firm.actor, department_id=firm.there.id, version=7)
    done = make_ticket(session, author=firm.boss, department=firm.here, state=State.DONE)
    with pytest.raises(Conflict):
        transfer_ticket(session, done, actor=firm.chief, department_id=firm.there.id)
