"""Calls answered at once are counted and are no tickets."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid
from app.policy import Actor
from app.services.calls import record_call
from app.services.tickets import BODY_LENGTH, TicketDraft
from models import Call, Client, JournalEntry, OutboxEvent, Ticket
from tests.support.factories import actor_of, make_client, make_department, make_topic, make_user


@pytest.fixture
def caller(session: Session) -> Client:
    """Who calls."""
    client = make_client(session)
    session.commit()
    return client


@pytest.fixture
def operator(session: Session) -> Actor:
    """Who answers."""
    user = make_user(session, employee_of=[make_department(session)])
    session.commit()
    return actor_of(session, user)


def count(session: Session, table: Any) -> int:
    """The number of rows."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_call_is_counted_for_its_client(session: Session, caller: Client, operator: Actor) -> None:
    topic = make_topic(session)
    draft = TicketDraft(caller.id, None, body="Forgot\nhis password", topic_id=topic.id, topic_text="x")
    call = record_call(session, draft, actor=operator)
    session.commit()
    assert (call.subject, call.body, call.author_id) == ("Forgot", "Forgot\nhis password", operator.id)
    assert (call.topic_id, call.topic_text, call.department_id) == (topic.id, "", None)
    session.refresh(caller)
    assert (caller.calls_count, caller.tickets_count) == (1, 0)
    assert caller.last_contact_at is not None
    entry = session.scalars(select(JournalEntry)).one()
    assert (entry.kind, entry.client_id, entry.ticket_id) == ("call.recorded", caller.id, None)
    assert entry.new == {"call_id": call.id, "subject": "Forgot"}
    assert (count(session, Ticket), count(session, OutboxEvent)) == (0, 0)


def test_call_needs_only_its_client(session: Session, caller: Client, operator: Actor) -> None:
    call = record_call(session, TicketDraft(caller.id, None), actor=operator)
    assert (call.subject, call.body) == ("", "")


def test_double_press_counts_one_call(session: Session, caller: Client, operator: Actor) -> None:
    draft = TicketDraft(caller.id, None, subject="x", request_key="key")
    assert record_call(session, draft, actor=operator).id == record_call(session, draft, actor=operator).id
    session.commit()
    session.refresh(caller)
    assert (count(session, Call), caller.calls_count) == (1, 1)


def test_key_of_another_person_is_refused(session: Session, caller: Client, operator: Actor) -> None:
    draft = TicketDraft(caller.id, None, subject="x", request_key="key")
    record_call(session, draft, actor=operator)
    session.commit()
    other = actor_of(session, make_user(session, administrator=True))
    with pytest.raises(Invalid):
        record_call(session, draft, actor=other)
    assert count(session, Call) == 1


@pytest.mark.parametrize("client_id", [None, 0, -5, 987_654, 2**40])
def test_call_of_nobody_is_refused(session: Session, operator: Actor, client_id: int | None) -> None:
    with pytest.raises(Invalid) as error:
        record_call(session, TicketDraft(client_id, None), actor=operator)
    assert set(error.value.fields) == {"client_id"}


def test_huge_text_and_key_are_refused(session: Session, caller: Client, operator: Actor) -> None:
    with pytest.raises(Invalid) as error:
        record_call(session, TicketDraft(caller.id, None, body="a" * (BODY_LENGTH + 1)), actor=operator)
    assert set(error.value.fields) == {"body"}
    with pytest.raises(Invalid):
        record_call(session, TicketDraft(caller.id, None, request_key="k" * 40), actor=operator)


def test_department_and_topic_that_are_gone_are_left_out(
    session: Session, caller: Client, operator: Actor
) -> None:
    call = record_call(session, TicketDraft(caller.id, 987_654, topic_id=2**50), actor=operator)
    assert (call.department_id, call.topic_id) == (None, None)


def test_stranger_records_no_call(session: Session, caller: Client) -> None:
    with pytest.raises(Forbidden):
        record_call(session, TicketDraft(caller.id, None), actor=actor_of(session, make_user(session)))
