"""News of the directory's sync: told to administrators, once, and only when it needs one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import TOLD, Kind
from app.extensions import socketio
from app.notify import fanout, popup, presence
from app.notify.audience import heard_kinds
from app.policy import Actor
from app.services.runs import fail_run, finish_run, refuse_run, start_run, stop_run
from jobs.outbox import fan_out, sweep_outbox
from models import Delivery, ImportRun, OutboxEvent, RunKind, Staff, utcnow
from tests.support.factories import actor_of, make_department, make_user

COUNTS = {"deactivated": 812, "changed": 0, "known": 2000}
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
def people(session: Session) -> dict[str, Staff]:
    """Two administrators, one who is disabled, and staff of a department."""
    department = make_department(session)
    return {
        "administrator": make_user(session, administrator=True),
        "other": make_user(session, administrator=True),
        "disabled": make_user(session, administrator=True, active=False),
        "coordinator": make_user(session, coordinator_of=[department]),
        "employee": make_user(session, employee_of=[department]),
    }


def begin(session: Session, kind: RunKind = RunKind.SYNC, actor: Actor | None = None) -> ImportRun:
    """A run that has started."""
    return start_run(session, kind, title="dc1.corp.example", actor=actor)


def begin_and_commit(session: Session, kind: RunKind = RunKind.SYNC, actor: Actor | None = None) -> ImportRun:
    """A run that its process has written down before it works."""
    run = begin(session, kind, actor)
    session.commit()
    return run


def stop(session: Session, run: ImportRun, actor: Actor | None = None) -> None:
    """The brake holds the run."""
    stop_run(session, run, problem="Too many.", counts=COUNTS, details={}, actor=actor)
    session.commit()


def waiting(session: Session) -> list[int]:
    """Events that nobody has fanned out."""
    query = select(OutboxEvent.id).where(OutboxEvent.fanned_out_at.is_(None))
    return list(session.scalars(query.order_by(OutboxEvent.id)))


def told(session: Session, people: dict[str, Staff]) -> list[str]:
    """Who got a delivery, by name, once for each, after the worker has done its work."""
    for event_id in waiting(session):
        assert fan_out(event_id)
    names = {person.id: name for name, person in people.items()}
    return sorted(names[user_id] for user_id in session.scalars(select(Delivery.user_id)))


def test_stopped_sync_is_told_to_each_active_administrator_once(
    session: Session, sent: Sent, people: dict[str, Staff]
) -> None:
    stop(session, begin(session))
    (event_id,) = waiting(session)
    assert [fan_out(event_id) for _turn in range(3)] == [True, False, False]
    assert told(session, people) == ["administrator", "other"]
    rows = {row.user_id: row.id for row in session.scalars(select(Delivery))}
    assert {name for name, _payload, _rooms in sent} == {"notice"}, "no page has anything to redraw"
    assert [(payload, rooms) for _name, payload, rooms in sent] == [
        ({"id": number, "ticket_id": None, "kind": "run.stopped"}, {popup.room(user_id)})
        for user_id, number in sorted(rows.items())
    ]


def test_failed_sync_is_told_to_administrators(
    session: Session, sent: Sent, people: dict[str, Staff]
) -> None:
    fail_run(session, begin_and_commit(session).id, "The server does not answer.")
    assert told(session, people) == ["administrator", "other"]


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_run_that_a_person_started_is_told_to_nobody(
    session: Session, sent: Sent, people: dict[str, Staff], outcome: str
) -> None:
    actor = actor_of(session, people["administrator"])
    run = begin_and_commit(session, actor=actor)
    if outcome == "stopped":
        stop(session, run, actor)
    else:
        fail_run(session, run.id, "The server does not answer.", actor=actor)
    assert told(session, people) == []
    assert waiting(session) == []
    assert sent == []


@pytest.mark.parametrize("kind", [kind for kind in RunKind if kind != RunKind.SYNC])
def test_failed_run_of_another_kind_is_told_to_nobody(
    session: Session, sent: Sent, people: dict[str, Staff], kind: RunKind
) -> None:
    fail_run(session, begin_and_commit(session, kind).id, "This file is damaged.")
    assert told(session, people) == []


def test_applied_and_refused_runs_are_told_to_nobody(
    session: Session, sent: Sent, people: dict[str, Staff]
) -> None:
    finish_run(session, begin(session), counts={"changed": 3})
    session.commit()
    assert waiting(session) == []
    run = begin(session)
    stop(session, run)
    before = told(session, people)
    refuse_run(session, run.id, actor=actor_of(session, people["administrator"]))
    session.commit()
    assert told(session, people) == before


def test_event_whose_worker_was_killed_is_told_by_the_sweep(
    session: Session, sent: Sent, people: dict[str, Staff], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: Any) -> set[int]:
        raise KeyboardInterrupt

    stop(session, begin(session))
    (event_id,) = waiting(session)
    with monkeypatch.context() as patched:
        patched.setattr(fanout, "_change", killed)  # everything is written, nothing is committed
        with pytest.raises(KeyboardInterrupt):
            fan_out(event_id)
    session.rollback()
    assert session.scalars(select(Delivery.id)).all() == []
    assert sent == []
    assert sweep_outbox() == 1
    assert told(session, people) == ["administrator", "other"]


def test_unshown_news_are_told_again_only_to_who_is_still_an_administrator(
    session: Session, sent: Sent, people: dict[str, Staff]
) -> None:
    stop(session, begin(session))
    told(session, people)
    for person in people.values():
        presence.seen(person.id, "page")
    session.execute(update(Delivery).values(created_at=utcnow() - timedelta(minutes=1)))
    session.commit()
    sent.clear()
    assert fanout.tell_again(session) == 2
    assert all(payload["ticket_id"] is None for _name, payload, _rooms in sent)
    people["administrator"].roles = people["employee"].roles
    session.commit()
    sent.clear()
    assert fanout.tell_again(session) == 1
    assert [rooms for _name, _payload, rooms in sent] == [{popup.room(people["other"].id)}]
    people["other"].active = False
    session.commit()
    assert fanout.tell_again(session) == 0


def test_every_kind_without_a_ticket_that_is_told_has_somebody_who_hears_it() -> None:
    others = {kind for kind in TOLD if not kind.startswith("ticket.")}
    assert set(heard_kinds(Actor(id=1, is_administrator=True))) == others
    assert heard_kinds(Actor(id=2, coordinates=frozenset({1}), works_in=frozenset({2}))) == []
    assert Kind.RUN_APPLIED not in TOLD
