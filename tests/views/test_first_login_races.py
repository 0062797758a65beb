"""Two at the same moment: one account of two clicks, one letter of two workers, five tries and not more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.services.first_login import ask
from app.services.invitations import deliver
from models import Ending, Invitation, Staff
from tests.support.invitations import choose, make_listed, make_person, send_by
from tests.support.mail import MailServer, Received, mail_server


@pytest.fixture
def mail(live_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(live_app, monkeypatch, server)
        yield server


def at_once(app: Flask, count: int, act: Callable[[], int | None]) -> list[int]:
    """The results of ``count`` threads that start together, each in a context of its own."""
    barrier = Barrier(count)

    def run(_number: int) -> int:
        barrier.wait()
        with app.app_context():
            try:
                return act() or 0
            finally:
                db.session.remove()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def letter_of(app: Flask, mail: MailServer) -> Received:
    session = db.session()
    make_listed(session, "olena")
    make_person(session, "olena")
    session.commit()
    number = ask(session, "olena")
    assert number is not None
    sent = at_once(app, 4, lambda: deliver(db.session(), number))
    assert sorted(sent) == [False, False, False, True]
    return mail.wait(1)


def test_two_clicks_open_one_account(live_app: Flask, mail: MailServer) -> None:
    letter = letter_of(live_app, mail)
    answers = at_once(live_app, 4, lambda: choose(live_app.test_client(), letter).status_code)
    assert sorted(answers) == [303, 404, 404, 404]
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Staff).where(Staff.username == "olena")) == 1


def test_many_guesses_at_once_are_five(live_app: Flask, mail: MailServer) -> None:
    letter = letter_of(live_app, mail)
    wrong = "aaaa-aaaa-aaaa"
    answers = at_once(
        live_app, 12, lambda: choose(live_app.test_client(), letter, temporary=wrong).status_code
    )
    assert set(answers) <= {404, 422}
    db.session.rollback()
    row = db.session.scalars(select(Invitation)).one()
    assert (row.tries_left, row.ending) == (0, Ending.BURNT)
    assert choose(live_app.test_client(), letter).status_code == 404


def test_two_who_ask_at_once_leave_one_open_letter(live_app: Flask, mail: MailServer) -> None:
    session = db.session()
    make_listed(session, "olena")
    make_person(session, "olena")
    session.commit()
    at_once(live_app, 4, lambda: ask(db.session(), "olena"))
    session.rollback()
    rows = list(session.scalars(select(Invitation)))
    assert len([row for row in rows if row.ended_at is None]) == 1
