"""A run is taken back as a whole, and only that run."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind
from app.policy import Actor
from app.services.clients import update_client
from app.services.runs import finish_run, list_runs, run_differences, start_run
from app.services.telling import Statement, add_people, tell
from app.services.undo import undo_run
from models import Client, ImportRun, JournalEntry, RunKind, RunStage, Source
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user


@pytest.fixture
def boss(session: Session) -> Actor:
    """A coordinator: he may take runs back."""
    return actor_of(session, make_user(session, coordinator_of=[make_department(session)]))


def picture(session: Session) -> list[tuple[Any, ...]]:
    """Everything that is to be seen of the clients who are there."""
    session.flush()
    session.expire_all()
    query = select(Client).where(Client.is_hidden.is_(False)).options(selectinload(Client.phones))
    return [
        (
            *(c.full_name, c.login, c.email, c.unit and c.unit.name, c.room, c.job_title, c.is_active),
            *(c.object_guid, tuple(phone.number for phone in c.phones), c.search_text),
        )
        for c in session.scalars(query.order_by(Client.id))
    ]


def applied(session: Session, source: Source, said: dict[int, dict[str, Any]]) -> ImportRun:
    """A run of one source that says something of clients given by id."""
    kind = RunKind.SYNC if source is Source.DIRECTORY else RunKind.BOOK
    run = start_run(session, kind, title="test")
    statements = [Statement(session.get_one(Client, number), values) for number, values in said.items()]
    tell(session, statements, source=source, run=run)
    finish_run(session, run, counts={"changed": len(said)})
    return run


def test_undo_restores_equal_rows(session: Session, boss: Actor) -> None:
    one = make_client(session, "Осипенко Іван", login="i.osypenko", room="100", phones=["100"])
    other = make_client(session, "Ткаченко Олена", email="o@corp.example")
    before = picture(session)
    run = start_run(session, RunKind.SYNC)
    tell(
        session,
        [
            Statement(one, {"room": "1", "phones": ["7", "8"], "unit": "Каса", "is_active": False}),
            Statement(other, {"email": None, "full_name": "Ткаченко Олена Василівна", "login": "o.t"}),
        ],
        source=Source.DIRECTORY,
        run=run,
    )
    add_people(session, [{"full_name": "Новий Петро", "login": "p.novyi"}], source=Source.DIRECTORY, run=run)
    finish_run(session, run, counts={})
    assert picture(session) != before
    counts = undo_run(session, run.id, actor=boss)
    assert picture(session) == before
    assert counts == {"removed": 1, "restored": 2}
    assert session.get_one(ImportRun, run.id).stage == RunStage.UNDONE
    told = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.RUN_UNDONE)).one()
    assert (told.subject, told.actor_id, told.new["restored"]) == (f"run {run.id}", boss.id, 2)


def test_undo_keeps_what_a_person_has_said_since(session: Session, boss: Actor) -> None:
    client = make_client(session, "Осипенко Іван", room="100")
    run = applied(session, Source.BOOK, {client.id: {"room": "200", "phones": ["7"]}})
    update_client(session, client.id, changes={"room": "300"}, version=client.version, actor=boss)
    undo_run(session, run.id, actor=boss)
    assert (client.room, client.phones) == ("300", [])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_runs_are_taken_back_in_any_order(session: Session, boss: Actor, order: tuple[int, int]) -> None:
    client = make_client(session, "Осипенко Іван", room="100")
    before = picture(session)
    runs = [applied(session, Source.BOOK, {client.id: {"room": room}}) for room in ("200", "300")]
    undo_run(session, runs[order[0]].id, actor=boss)
    assert client.room == ("300" if order[0] == 0 else "200")
    undo_run(session, runs[order[1]].id, actor=boss)
    assert picture(session) == before


def test_swapped_logins_swap_back(session: Session, boss: Actor) -> None:
    one, other = make_client(session, "Один", login="a"), make_client(session, "Другий", login="b")
    before = picture(session)
    run = applied(session, Source.DIRECTORY, {one.id: {"login": "b"}, other.id: {"login": "a"}})
    assert (one.login, other.login) == ("b", "a")
    undo_run(session, run.id, actor=boss)
    assert picture(session) == before


def test_new_client_with_a_ticket_stays_with_his_history(session: Session, boss: Actor) -> None:
    run = start_run(session, RunKind.LIST)
    (client,) = add_people(session, [{"full_name": "Новий Петро"}], source=Source.LIST, run=run)
    finish_run(session, run, counts={"created": 1})
    author = make_user(session)
    make_ticket(session, author=author, department=make_department(session), client=client)
    client.tickets_count = 1
    assert undo_run(session, run.id, actor=boss) == {"kept": 1}
    assert (client.is_hidden, client.full_name) == (False, "Новий Петро")


def test_run_is_taken_back_once(session: Session, boss: Actor) -> None:
    client = make_client(session)
    run = applied(session, Source.BOOK, {client.id: {"room": "200"}})
    undo_run(session, run.id, actor=boss)
    with pytest.raises(Invalid):
        undo_run(session, run.id, actor=boss)


def test_employee_may_neither_see_nor_take_back(session: Session, boss: Actor) -> None:
    run = applied(session, Source.BOOK, {make_client(session).id: {"room": "200"}})
    employee = actor_of(session, make_user(session, employee_of=[make_department(session)]))
    for forbidden in (
        lambda: undo_run(session, run.id, actor=employee),
        lambda: list_runs(session, actor=employee),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    with pytest.raises(NotFound):
        undo_run(session, 2**40, actor=boss)
    with pytest.raises(NotFound):
        undo_run(session, run.id + 1000, actor=boss)


def test_differences_of_a_run_are_shown_field_by_field(session: Session, boss: Actor) -> None:
    client = make_client(session, "Осипенко Іван", room="100")
    applied(session, Source.BOOK, {client.id: {"room": "200"}})
    run = applied(session, Source.BOOK, {client.id: {"room": "300", "phones": ["7"]}})
    (difference,), cursor = run_differences(session, run)
    assert (difference.client.id, difference.action, cursor) == (client.id, "changed", None)
    assert sorted(difference.values) == [("phones", None, ["7"]), ("room", "200", "300")]
    assert next(r.id for r in list_runs(session, actor=boss)[0]) == run.id


def test_two_imports_do_not_write_at_the_same_time(session: Session, boss: Actor) -> None:
    run = applied(session, Source.BOOK, {make_client(session).id: {"room": "200"}})
    from app.services.runs import begin_writing

    with pytest.raises(Conflict):
        begin_writing(session, run)  # it is applied already: a later one has taken its place


def test_login_that_a_newcomer_has_by_now_is_not_taken_from_him(session: Session, boss: Actor) -> None:
    client = make_client(session, "Осипенко Іван", login="i.o")
    run = applied(session, Source.DIRECTORY, {client.id: {"login": "i.osypenko"}})
    newcomer = make_client(session, "Новий Іван", login="i.o")
    assert undo_run(session, run.id, actor=boss)["without_login"] == 1
    session.expire_all()
    assert (client.login, newcomer.login) == (None, "i.o")
