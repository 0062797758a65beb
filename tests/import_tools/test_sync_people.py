"""Whom the directory speaks of: people of an undone sync, hidden clients, logins that are taken."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory import DirectoryPerson
from app.policy import Actor
from app.services.clients import update_client
from app.services.runs import finish_run, start_run
from app.services.telling import Statement, tell
from app.services.undo import undo_run
from import_tools.directory_sync import Reading, apply_plan, plan_sync
from import_tools.sync_plan import Plan
from models import Client, ImportRun, RunKind, Source
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user


@pytest.fixture
def boss(session: Session) -> Actor:
    """He may take runs back."""
    return actor_of(session, make_user(session, coordinator_of=[make_department(session)]))


def person(number: int, login: str = "", **values: Any) -> DirectoryPerson:
    """Somebody of the directory."""
    name = values.pop("full_name", f"Прізвище{number} Ім'я")
    return DirectoryPerson(
        guid=f"g{number}", dn=f"CN=u{number}", login=login or f"u{number}", full_name=name, **values
    )


def sync(session: Session, *people: DirectoryPerson) -> tuple[ImportRun, Plan]:
    """A whole reading of these people, written."""
    run = start_run(session, RunKind.SYNC)
    reading = Reading(people, frozenset(one.guid for one in people), None, True, [])
    plan = plan_sync(session, reading)
    apply_plan(session, run, plan, actor=None)
    finish_run(session, run, counts=plan.counts, notes=plan.notes)
    session.flush()
    session.expire_all()
    return run, plan


def undo(session: Session, run: ImportRun, actor: Actor) -> None:
    """Take it back."""
    undo_run(session, run.id, actor=actor)
    session.flush()
    session.expire_all()


def by_guid(session: Session, guid: str) -> Client:
    """The client who has it."""
    return session.scalars(select(Client).where(Client.object_guid == guid)).one()


def visible(session: Session) -> list[tuple[int, str | None, str | None, tuple[str, ...]]]:
    """(id, GUID, login, numbers) of everybody who is there."""
    query = select(Client).where(Client.is_hidden.is_(False)).order_by(Client.id)
    return [
        (one.id, one.object_guid, one.login, tuple(phone.number for phone in one.phones))
        for one in session.scalars(query)
    ]


def test_sync_after_an_undone_one_makes_nobody_twice(session: Session, boss: Actor) -> None:
    people = [person(number, phones=(f"100{number}",), room="1") for number in range(3)]
    run, _plan = sync(session, *people)
    known = by_guid(session, "g0")
    book = start_run(session, RunKind.BOOK)
    tell(session, [Statement(known, {"phones": ["777"]})], source=Source.BOOK, run=book)
    finish_run(session, book, counts={})
    before, total = visible(session), len(session.scalars(select(Client.id)).all())
    undo(session, run, boss)
    assert [(row[0], row[1]) for row in visible(session)] == [(known.id, None)]
    again, plan = sync(session, *people)
    assert visible(session) == before
    assert (plan.counts["created"], plan.counts["adopted"]) == (2, 1)
    assert len(session.scalars(select(Client.id)).all()) == total
    assert [w.search_text for w in session.scalars(select(Client).where(Client.login == "u1"))] != [" "]
    undo(session, again, boss)  # and it can be taken back as the first
    assert [(row[0], row[1]) for row in visible(session)] == [(known.id, None)]
    sync(session, *people)
    assert visible(session) == before


def test_who_comes_back_has_nothing_of_the_undone_run(session: Session, boss: Actor) -> None:
    run, _plan = sync(session, person(1, phones=("1001",), room="5", email="old@corp.example"))
    number = by_guid(session, "g1").id
    undo(session, run, boss)
    sync(session, person(1, login="new", full_name="Інше Ім'я", phones=("2002",)))
    client = by_guid(session, "g1")
    assert (client.id, client.full_name, client.login, client.room) == (number, "Інше Ім'я", "new", "")
    assert (client.email, [phone.number for phone in client.phones]) == (None, ["2002"])


def test_person_of_an_undone_run_with_tickets_keeps_them(session: Session, boss: Actor) -> None:
    run, _plan = sync(session, person(1), person(2))
    client = by_guid(session, "g1")
    author = make_user(session)
    ticket = make_ticket(session, author=author, department=make_department(session), client=client)
    client.tickets_count = 1
    undo(session, run, boss)
    sync(session, person(1), person(2))
    assert [row[1] for row in visible(session)] == ["g1", "g2"]
    assert by_guid(session, "g1").id == ticket.client_id


def test_login_of_a_hidden_client_is_free_for_the_directory(session: Session) -> None:
    hidden = make_client(session, "Хтось", login="b", is_hidden=True)
    _run, plan = sync(session, person(1, "b"))
    assert (plan.counts["created"], plan.notes) == (1, [])
    assert (hidden.login, hidden.object_guid, hidden.is_hidden) == (None, None, True)
    assert [row[1:3] for row in visible(session)] == [("g1", "b")]


def test_renamed_login_that_somebody_else_has_stops_nobody(session: Session) -> None:
    make_client(session, "Хтось Інший", login="b")
    sync(session, person(1, "a"), person(2, "c"))
    people = (person(1, "b"), person(2, "a", room="7"), person(3, "d"))
    _run, plan = sync(session, *people)
    assert [note["text"] for note in plan.notes] == ["Прізвище1 Ім'я", "Прізвище2 Ім'я"]
    logins = {row[1]: row[2] for row in visible(session)}
    assert logins == {None: "b", "g1": "a", "g2": "c", "g3": "d"}
    assert by_guid(session, "g2").room == "7"
    assert (plan.counts["changed"], plan.counts["unchanged"]) == (1, 1)
    holder = session.scalars(select(Client).where(Client.login == "b")).one()
    holder.login = None
    session.flush()
    sync(session, *people)  # free now: everybody gets his own
    assert {row[1]: row[2] for row in visible(session)} == {None: None, "g1": "b", "g2": "a", "g3": "d"}


def test_leaver_whose_login_a_person_has_written_keeps_it(session: Session, boss: Actor) -> None:
    sync(session, person(1, "a"), person(2, "b"))
    for login in ("bb", "b"):
        client = by_guid(session, "g2")
        update_client(session, client.id, changes={"login": login}, version=client.version, actor=boss)
    _run, plan = sync(session, person(1, "b"))
    assert [note["text"] for note in plan.notes] == ["Прізвище1 Ім'я"]
    assert (by_guid(session, "g1").login, by_guid(session, "g2").login) == ("a", "b")
    assert not by_guid(session, "g2").is_active


def test_swapped_logins_are_no_conflict(session: Session) -> None:
    sync(session, person(1, "a"), person(2, "b"))
    _run, plan = sync(session, person(1, "b"), person(2, "a"))
    assert plan.notes == []
    assert (by_guid(session, "g1").login, by_guid(session, "g2").login) == ("b", "a")


def test_two_people_with_one_login_are_two_clients(session: Session) -> None:
    make_client(session, "Прізвище1 Ім'я", login="same")
    _run, plan = sync(session, person(1, "same"), person(2, "same"), person(3, "twice"), person(4, "twice"))
    assert {row[1]: row[2] for row in visible(session)} == {
        "g1": "same",
        "g2": None,
        "g3": "twice",
        "g4": None,
    }
    assert len(plan.notes) == 2
