"""Corrections by those who may not edit clients: asked for, then a yes or a no per field."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.policy import Actor
from app.services.corrections import ask_correction, count_corrections, decide_correction, open_corrections
from app.services.merging import merge_clients
from app.services.sources import field_sources
from models import Source
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_membership,
    make_role,
    make_unit,
    make_user,
)


@pytest.fixture
def editor(session: Session) -> Actor:
    """An employee: he may edit clients."""
    return actor_of(session, make_user(session, employee_of=[make_department(session)]))


@pytest.fixture
def asker(session: Session) -> Actor:
    """Somebody who writes tickets, but may not edit clients: a role that administrators can make."""
    person, department = make_user(session), make_department(session)
    make_membership(session, person, department, make_role(session, verbs=["create"]).key)
    return actor_of(session, person)


def boss_of(session: Session) -> Actor:
    """A coordinator."""
    return actor_of(session, make_user(session, coordinator_of=[make_department(session)]))


def test_yes_and_no_are_said_field_by_field(session: Session, asker: Actor) -> None:
    boss = boss_of(session)
    unit = make_unit(session, "Архів")
    client = make_client(session, "Осипенко Іван", room="100", phones=["1"])
    asked = ask_correction(
        session, client.id, {"room": "200", "phones": ["2", "3"], "unit_id": unit.id}, actor=asker
    )
    assert (client.room, count_corrections(session)) == ("100", 3)
    by_field = {request.field: request for request in asked}
    decide_correction(session, by_field["room"].id, is_accepted=True, actor=boss)
    decide_correction(session, by_field["phones"].id, is_accepted=False, actor=boss)
    decide_correction(session, by_field["unit"].id, is_accepted=True, actor=boss)
    session.refresh(client)
    assert (client.room, [p.number for p in client.phones], client.unit) == ("200", ["1"], unit)
    assert count_corrections(session) == 0
    assert field_sources(session, client.id)["room"].counts.source is Source.PERSON
    with pytest.raises(Conflict):
        decide_correction(session, by_field["room"].id, is_accepted=False, actor=boss)


def test_asking_twice_or_for_what_is_there_already_is_no_new_request(session: Session, asker: Actor) -> None:
    client = make_client(session, room="100")
    ask_correction(session, client.id, {"room": "200"}, actor=asker)
    assert ask_correction(session, client.id, {"room": " 200 "}, actor=asker) == []
    assert ask_correction(session, client.id, {"room": "100"}, actor=asker) == []
    assert count_corrections(session) == 1


def test_login_and_activity_cannot_be_asked_for(session: Session, asker: Actor) -> None:
    client = make_client(session, login="a")
    assert ask_correction(session, client.id, {"login": "root", "is_active": False}, actor=asker) == []


def test_who_may_not_edit_neither_lists_nor_decides(session: Session, asker: Actor) -> None:
    client = make_client(session, room="100")
    (request,) = ask_correction(session, client.id, {"room": "200"}, actor=asker)
    with pytest.raises(Forbidden):
        open_corrections(session, actor=asker)
    with pytest.raises(Forbidden):
        decide_correction(session, request.id, is_accepted=True, actor=asker)


def test_wrong_value_and_wrong_numbers_are_refused(session: Session, asker: Actor) -> None:
    client = make_client(session)
    with pytest.raises(Invalid):
        ask_correction(session, client.id, {"phones": ["no digits"]}, actor=asker)
    with pytest.raises(NotFound):
        ask_correction(session, 10**6, {"room": "1"}, actor=asker)
    with pytest.raises(NotFound):
        decide_correction(session, 2**40, is_accepted=True, actor=boss_of(session))


def test_nobody_floods_the_desk(session: Session, asker: Actor) -> None:
    client = make_client(session)
    for number in range(20):
        ask_correction(session, client.id, {"room": str(number)}, actor=asker)
    with pytest.raises(Invalid):
        ask_correction(session, client.id, {"room": "21"}, actor=asker)


def test_editor_sees_what_waits_for_one_client(session: Session, asker: Actor) -> None:
    boss = boss_of(session)
    one, other = make_client(session), make_client(session)
    ask_correction(session, one.id, {"room": "1"}, actor=asker)
    ask_correction(session, other.id, {"room": "2"}, actor=asker)
    assert [r.new for r in open_corrections(session, actor=boss, client_id=other.id)] == ["2"]
    assert len(open_corrections(session, actor=boss)) == 2


def test_correction_of_a_merged_client_is_one_of_whom_he_became(session: Session, asker: Actor) -> None:
    boss = boss_of(session)
    double, stays = make_client(session, "Осипенко І."), make_client(session, "Осипенко Іван", login="i")
    (request,) = ask_correction(session, double.id, {"room": "77"}, actor=asker)
    merge_clients(session, stays.id, double.id, actor=boss)
    decide_correction(session, request.id, is_accepted=True, actor=boss)
    session.expire_all()
    assert (double.room, stays.room) == ("", "77")
    (later,) = ask_correction(session, double.id, {"room": "78"}, actor=asker)
    assert (later.client_id, later.old) == (stays.id, "77")
