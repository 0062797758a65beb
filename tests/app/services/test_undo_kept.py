"""Whom the undo of a run does not take out: those on whom something hangs by now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.policy import Actor
from app.search import find_clients
from app.services.clients import update_client
from app.services.merging import merge_clients
from app.services.run_preview import preview_undo
from app.services.runs import finish_run, start_run
from app.services.telling import Statement, add_people, tell
from app.services.undo import BATCH, undo_run
from models import Client, ClientClaim, Department, ImportRun, RunKind, Source
from tests.app.services.test_merging import boss, department, write
from tests.app.services.test_undo import applied, picture
from tests.support.books import make_known
from tests.support.factories import make_client

__all__ = ["boss", "department"]


def newcomers(session: Session, names: Iterable[str]) -> tuple[ImportRun, list[Client]]:
    """A sync that has made clients."""
    run = start_run(session, RunKind.SYNC)
    people = [{"full_name": name, "login": name, "object_guid": name} for name in names]
    clients = add_people(session, people, source=Source.DIRECTORY, run=run)
    finish_run(session, run, counts={"created": len(clients)})
    return run, clients


def test_survivor_of_a_merge_is_kept(session: Session, boss: Actor) -> None:
    run, (stays, alone) = newcomers(session, ["Новий Петро", "Інша Ганна"])
    double = make_client(session, "Петро Новий")
    merge_clients(session, stays.id, double.id, actor=boss)
    preview = preview_undo(session, run)
    assert (preview.kept, preview.removed) == (1, 1)
    assert undo_run(session, run.id, actor=boss) == {"kept": 1, "removed": 1}
    session.expire_all()
    assert (stays.is_hidden, alone.is_hidden) == (False, True)
    assert [hit.client.id for hit in find_clients(session, "петро")] == [stays.id]


def test_double_is_kept_for_the_day_when_they_are_two_again(
    session: Session, boss: Actor, department: Department
) -> None:
    run, (double,) = newcomers(session, ["Новий Петро"])
    hers = write(session, double, boss, department)
    stays = make_known(session, "Петро Новий", login="known")
    _stays, merge = merge_clients(session, stays.id, double.id, actor=boss)
    assert preview_undo(session, run).kept == 1
    assert undo_run(session, run.id, actor=boss) == {"kept": 1}
    undo_run(session, merge.id, actor=boss)
    session.expire_all()
    assert (double.is_hidden, double.full_name, hers.client_id) == (False, "Новий Петро", double.id)
    assert double.search_text


def test_client_whom_a_person_has_corrected_is_kept(session: Session, boss: Actor) -> None:
    run, (client,) = newcomers(session, ["Новий Петро"])
    update_client(session, client.id, changes={"phones": ["555"]}, version=client.version, actor=boss)
    assert preview_undo(session, run).kept == 1
    assert undo_run(session, run.id, actor=boss) == {"kept": 1}
    session.expire_all()
    sources = session.scalars(select(ClientClaim.source).where(ClientClaim.client_id == client.id)).all()
    assert Source.PERSON in sources
    assert (client.is_hidden, [phone.number for phone in client.phones]) == (False, ["555"])


@pytest.mark.parametrize("hidden_first", [True, False])
def test_hidden_client_is_not_merged(session: Session, boss: Actor, hidden_first: bool) -> None:
    seen, hidden = make_client(session, "Один"), make_known(session, "Другий", is_hidden=True)
    pair = (hidden.id, seen.id) if hidden_first else (seen.id, hidden.id)
    with pytest.raises(Invalid, match="Другий"):
        merge_clients(session, *pair, actor=boss)
    assert not seen.is_hidden


def test_new_surname_of_a_double_finds_the_one_who_stays(session: Session, boss: Actor) -> None:
    double, middle, stays = (make_client(session, name) for name in ("Перша", "Друга", "Третя"))
    merge_clients(session, middle.id, double.id, actor=boss)
    merge_clients(session, stays.id, middle.id, actor=boss)
    assert [hit.client.id for hit in find_clients(session, "перша")] == [stays.id]
    tell(session, [Statement(double, {"full_name": "Шлюбна"})], source=Source.DIRECTORY)
    assert [hit.client.id for hit in find_clients(session, "шлюбна")] == [stays.id]


def test_logins_swapped_far_from_each_other_swap_back(session: Session, boss: Actor) -> None:
    clients = [make_client(session, f"Ім'я {number}", login=f"l{number}") for number in range(BATCH + 5)]
    said: dict[int, dict[str, Any]] = {client.id: {"room": "1"} for client in clients}
    said[clients[0].id]["login"], said[clients[-1].id]["login"] = clients[-1].login, "l0"
    before = picture(session)
    run = applied(session, Source.DIRECTORY, said)
    undo_run(session, run.id, actor=boss)
    assert picture(session) == before
