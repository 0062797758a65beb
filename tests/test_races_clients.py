"""The client base while many work at it: merges, new tickets, first settings; in real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.events import unit_of_work
from app.extensions import db
from app.policy import load_actor
from app.services import runs
from app.services.calls import record_call
from app.services.directory_source import save_source
from app.services.merging import merge_clients
from app.services.runs import begin_writing
from app.services.tickets import TicketDraft, create_ticket
from models import Call, Client, DirectorySource, Ticket
from tests.support.books import make_known
from tests.support.factories import make_client, make_department, make_user
from tests.test_races import at_once

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def session(live_app: Flask) -> Session:
    """The session of the main thread; its commits are real."""
    current: Session = db.session()
    return current


class Pair:
    """A client and his double, and who works with them: numbers only, so that threads share no rows."""

    def __init__(self, session: Session) -> None:
        department = make_department(session)
        self.user = make_user(session, coordinator_of=[department]).id
        self.double, self.stays = make_client(session, "Аа Аа").id, make_known(session, "Бб Бб").id
        self.department = department.id
        session.commit()

    def write(self, own: Session) -> None:
        """A ticket and a call of the double."""
        actor = load_actor(own, self.user)
        draft = TicketDraft(self.double, self.department, subject="Race")
        create_ticket(own, draft, actor=actor)
        record_call(own, draft, actor=actor)

    def merge(self, own: Session) -> None:
        """Make one of the two."""
        merge_clients(own, self.stays, self.double, actor=load_actor(own, self.user))


@pytest.mark.parametrize("first", ["write", "merge"])
def test_what_is_written_while_its_client_is_merged_is_with_who_stays(
    live_app: Flask, session: Session, first: str
) -> None:
    pair = Pair(session)
    is_done = threading.Event()

    def early(own: Session) -> None:
        with unit_of_work(own):
            getattr(pair, first)(own)
            is_done.set()
            time.sleep(0.5)  # not yet committed while the other begins

    def late(own: Session) -> None:
        assert is_done.wait(20)
        with unit_of_work(own):
            getattr(pair, "merge" if first == "write" else "write")(own)

    assert at_once(live_app, [early, late]) == [None, None]
    session.rollback()
    assert list(session.scalars(select(Ticket.client_id))) == [pair.stays]
    assert list(session.scalars(select(Call.client_id))) == [pair.stays]
    stays = session.get_one(Client, pair.stays)
    assert (stays.tickets_count, stays.calls_count) == (1, 1)


def test_merges_of_colleagues_wait_for_each_other(live_app: Flask, session: Session) -> None:
    pairs = [Pair(session) for _ in range(4)]

    def merging(pair: Pair) -> Callable[[Session], None]:
        def deed(own: Session) -> None:
            with unit_of_work(own):
                pair.merge(own)
                time.sleep(0.1)

        return deed

    assert at_once(live_app, [merging(pair) for pair in pairs]) == [None] * 4


def test_who_waits_too_long_for_a_run_is_refused(
    live_app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    if session.get_bind().dialect.name == "sqlite":
        return  # its one writer is waited for by the database itself
    monkeypatch.setattr(runs, "PATIENCE", 0.2)
    is_writing, is_refused = threading.Event(), threading.Event()

    def run(own: Session) -> str:
        begin_writing(own, None)
        is_writing.set()
        is_refused.wait(20)
        return "written"

    def wait(own: Session) -> None:
        is_writing.wait(20)
        try:
            begin_writing(own, None)
        finally:
            is_refused.set()

    written, refused = at_once(live_app, [run, wait])
    assert written == "written"
    assert isinstance(refused, Conflict)


def test_first_settings_saved_at_once_are_one_row(live_app: Flask, session: Session) -> None:
    boss = make_user(session, administrator=True).id
    session.commit()
    values = {"host": "dc1.corp.example", "user": "reader", "base": "DC=corp,DC=example"}

    def save(own: Session) -> str:
        with unit_of_work(own):
            save_source(
                own,
                values,
                password="p",
                is_on=False,
                hour=3,
                brake_percent=10,
                version=0,
                actor=load_actor(own, boss),
            )
        return "saved"

    results = at_once(live_app, [save] * 3)
    assert results.count("saved") == 1
    assert sum(isinstance(result, Conflict) for result in results) == 2
    session.rollback()
    assert session.scalar(select(func.count()).select_from(DirectorySource)) == 1
