"""Fan-out: everything once, nothing lost, whoever is killed when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.extensions import socketio
from app.notify import fanout, popup, presence
from jobs.outbox import fan_out, sweep_outbox
from models import Delivery, OutboxEvent, Staff, Ticket, utcnow
from tests.support.factories import actor_of, make_department, make_ticket, make_user

Sent = list[tuple[str, Any, set[str]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What was emitted: (event, payload, rooms)."""
    frames: Sent = []

    def emit(name: str, payload: Any, to: list[str]) -> None:
        frames.append((name, payload, set(to)))

    monkeypatch.setattr(socketio, "emit", emit)
    return frames


@pytest.fixture
def told(session: Session) -> tuple[int, Staff, Ticket]:
    """An event that waits for its fan-out, the one person to be told, the ticket."""
    author, person = make_user(session), make_user(session)
    ticket = make_ticket(session, author=author, department=make_department(session), assignee=person)
    actor = actor_of(session, author)
    entry = record(session, Kind.TICKET_CREATED, actor=actor, ticket_id=ticket.id)
    event_id = session.scalars(select(OutboxEvent.id).where(OutboxEvent.journal_id == entry.id)).one()
    session.commit()
    return event_id, person, ticket


def deliveries(session: Session) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(Delivery)) or 0


def grow_old(session: Session, age: timedelta) -> None:
    """Let every delivery have been made some time ago."""
    session.execute(update(Delivery).values(created_at=utcnow() - age))
    session.commit()


def test_event_fanned_out_twice_is_told_once(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket]
) -> None:
    event_id, person, ticket = told
    assert [fan_out(event_id) for _turn in range(3)] == [True, False, False]
    assert deliveries(session) == 1
    notices = [frame for frame in sent if frame[0] == "notice"]
    assert [(frame[1]["ticket_id"], frame[2]) for frame in notices] == [(ticket.id, {popup.room(person.id)})]
    changed = [frame for frame in sent if frame[0] == "changed"]
    assert [frame[2] for frame in changed] == [{popup.room(person.id), popup.room(ticket.author_id)}]


def test_event_whose_poke_was_lost_is_told_by_the_sweep(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket]
) -> None:
    assert sweep_outbox() == 1
    assert deliveries(session) == 1
    assert sweep_outbox() == 0


def test_worker_killed_before_its_commit_leaves_the_event_waiting(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: Any) -> set[int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fanout, "viewers", killed)
        with pytest.raises(KeyboardInterrupt):
            fan_out(told[0])
    session.rollback()
    assert deliveries(session) == 0
    assert sweep_outbox() == 1
    assert deliveries(session) == 1


def test_worker_killed_between_commit_and_emit_is_made_good(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, person, ticket = told

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(popup, "tell_changed", killed)
        with pytest.raises(KeyboardInterrupt):
            fan_out(event_id)
    assert (deliveries(session), sent) == (1, [])
    presence.seen(person.id, "page")
    assert sweep_outbox() == 0  # too early to be worried
    grow_old(session, timedelta(minutes=1))
    assert sweep_outbox() == 1
    assert [frame[1]["ticket_id"] for frame in sent if frame[0] == "notice"] == [ticket.id]


AGES = [(timedelta(seconds=5), 0), (timedelta(minutes=1), 1), (timedelta(minutes=30), 0)]


@pytest.mark.parametrize(("age", "again"), AGES)
def test_unshown_news_are_told_again_for_a_while(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket], age: timedelta, again: int
) -> None:
    fan_out(told[0])
    presence.seen(told[1].id, "page")
    grow_old(session, age)
    assert fanout.tell_again(session) == again


def test_news_are_not_told_again_to_who_is_away_has_seen_them_or_lost_the_ticket(
    session: Session, sent: Sent, told: tuple[int, Staff, Ticket]
) -> None:
    event_id, person, ticket = told
    fan_out(event_id)
    grow_old(session, timedelta(minutes=1))
    assert fanout.tell_again(session) == 0  # away
    presence.seen(person.id, "page")
    assert fanout.tell_again(session) == 1
    ticket.assignee_id = ticket.author_id
    session.commit()
    assert fanout.tell_again(session) == 0  # not his to see any more
    ticket.assignee_id = person.id
    session.execute(update(Delivery).values(sent_at=utcnow()))
    session.commit()
    assert fanout.tell_again(session) == 0  # shown


def test_no_recipients_means_nobody_and_not_everybody(app: Flask, sent: Sent) -> None:
    popup.tell_changed([], popup.Change(1, "ticket.taken", 1, 1, None))
    popup.tell_watchers([], 1, [])
    popup.tell_presence(1, "yes")
    assert sent == []
