"""The journal as people may read it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.policy import Actor, Verb, load_actor
from app.services import timeline
from app.services.comments import add_comment
from app.services.tickets import move_ticket
from app.services.timeline import recent_changes, ticket_timeline
from models import Ticket
from tests.support.cast import ACTIVE, VISIBLE, Cast, make_cast
from tests.support.factories import actor_of, make_department, make_ticket, make_user


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


def test_timeline_is_the_tickets_own_newest_first(session: Session) -> None:
    department = make_department(session)
    user = make_user(session, employee_of=[department])
    actor = actor_of(session, user)
    ticket, other = (make_ticket(session, author=user, department=department) for _ in range(2))
    move_ticket(session, ticket, Verb.TAKE, actor=actor)
    move_ticket(session, other, Verb.TAKE, actor=actor)
    add_comment(session, ticket, "hm", actor=actor)
    move_ticket(session, ticket, Verb.COMPLETE, actor=actor)
    entries = ticket_timeline(session, ticket)
    assert [entry.kind for entry in entries] == ["ticket.completed", "ticket.commented", "ticket.taken"]
    assert {entry.actor.id for entry in entries if entry.actor} == {user.id}


def test_everyone_hears_of_changes_of_the_tickets_he_sees(session: Session, cast: Cast) -> None:
    for number in cast.tickets.values():
        record(session, Kind.TICKET_EDITED, actor=None, ticket_id=number)
    record(session, Kind.SIGNED_IN, actor=Actor(id=cast.people["author"]))
    session.commit()
    for who in ACTIVE:
        actor = load_actor(session, cast.people[who])
        changes = recent_changes(session, actor=actor, limit=100)
        assert cast.names(ticket.id for _entry, ticket in changes) == VISIBLE[who]
        assert all(entry.ticket_id == ticket.id for entry, ticket in changes)


def test_ones_own_doings_are_no_news(session: Session, cast: Cast) -> None:
    worker = load_actor(session, cast.people["worker_a"])
    other = Actor(id=cast.people["boss_a"])
    number = cast.tickets["a_free"]
    record(session, Kind.TICKET_EDITED, actor=worker, ticket_id=number)
    theirs = record(session, Kind.TICKET_EDITED, actor=other, ticket_id=number)
    session.commit()
    assert [entry.id for entry, _ in recent_changes(session, actor=worker)] == [theirs.id]


def test_changes_are_newest_first_and_few(session: Session, cast: Cast) -> None:
    number = cast.tickets["a_free"]
    ids = [record(session, Kind.TICKET_EDITED, actor=None, ticket_id=number).id for _ in range(5)]
    actor = load_actor(session, cast.people["worker_a"])
    shown = [entry.id for entry, _ticket in recent_changes(session, actor=actor, limit=3)]
    assert shown == ids[:-4:-1]


def test_changes_look_at_the_newest_entries_only(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "RECENT_WINDOW", 2)
    first = session.get_one(Ticket, cast.tickets["a_named"])
    record(session, Kind.TICKET_EDITED, actor=None, ticket_id=first.id)
    for _ in range(2):
        record(session, Kind.TICKET_EDITED, actor=None, ticket_id=cast.tickets["b_free"])
    worker = load_actor(session, cast.people["worker_a"])
    assert recent_changes(session, actor=worker) == []
