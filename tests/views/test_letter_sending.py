"""Letters on their way: nothing secret stays behind, a mail server that is away is tried again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.mail import Letter
from app.services import invitation_letter, invitations
from app.services.invitation_letter import Secrets
from jobs.invitations import send_waiting_letters
from models import Ending, Invitation, utcnow
from tests.support.invitations import (
    PASSWORD,
    ask,
    choose,
    journalled,
    letters_of,
    listed_letter,
    make_listed,
    make_person,
    send_by,
)
from tests.support.mail import MailServer, mail_server


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(app, monkeypatch, server)
        yield server


def test_nothing_secret_is_stored_journalled_logged_or_queued(
    client: FlaskClient, session: Session, mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    choose(client, letter)
    tables = ("journal_entry", "invitation", "ab_user", "outbox_event")
    stored = str([session.execute(text(f"select * from {name}")).all() for name in tables])
    from app.extensions import redis

    kept = str([(key, redis().dump(key)) for key in redis().scan_iter()])
    for secret in (letter.token, letter.password, PASSWORD):
        assert secret not in stored
        assert secret not in kept
        # the test's own mail server tells all it hears
        assert secret not in str([r.getMessage() for r in caplog.records if r.name != "mail.log"])


def test_letter_is_tried_again_until_the_server_takes_it(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listed(session, "olena")
    make_person(session, "olena")
    mail.answers.append("451 come again")
    ask(client, session, "olena")
    (row,) = letters_of(session)
    assert (mail.letters, row.sent_at, row.problem, row.attempts) == ([], None, "busy", 1)
    session.commit()
    assert send_waiting_letters() == 0  # not yet
    monkeypatch.setattr(invitations, "utcnow", lambda: utcnow() + timedelta(minutes=2))
    assert send_waiting_letters() == 1
    assert send_waiting_letters() == 0
    session.expire_all()
    assert choose(client, mail.wait()).status_code == 303
    assert letters_of(session)[0].problem == ""


def test_letter_that_breaks_holds_no_other_up(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listed(session, "olena\nivan")
    for login in ("olena", "ivan"):
        make_person(session, login)
        mail.answers.append("451 come again")
        ask(client, session, login)
    session.commit()
    usual = invitation_letter.write_letter

    def broken(letter: Invitation, secrets: Secrets) -> Letter:
        if letter.login == "olena":
            raise RuntimeError("a fault of ours")
        return usual(letter, secrets)

    monkeypatch.setattr(invitations, "write_letter", broken)
    monkeypatch.setattr(invitations, "utcnow", lambda: utcnow() + timedelta(minutes=2))
    assert send_waiting_letters() == 1
    assert mail.wait().recipients == ["ivan@corp.example"]
    monkeypatch.setattr(invitations, "utcnow", lambda: utcnow() + timedelta(hours=25))
    assert send_waiting_letters() == 0
    session.expire_all()
    assert letters_of(session)[0].ending == Ending.UNDELIVERABLE


def test_letter_that_is_refused_for_ever_is_given_up(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    make_listed(session, "olena")
    make_person(session, "olena")
    mail.recipient_answer = "550 no such mailbox"
    ask(client, session, "olena")
    (row,) = letters_of(session)
    assert (row.ending, row.problem, row.token_hash) == (Ending.UNDELIVERABLE, "refused", None)
    assert journalled(session, Kind.INVITATION_FAILED) == [{"login": "olena", "problem": "refused"}]


def test_letter_waits_for_a_mail_server_but_not_for_ever(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_SERVER", {})
    make_listed(session, "olena")
    make_person(session, "olena")
    ask(client, session, "olena")
    (row,) = letters_of(session)
    assert (row.problem, row.ended_at) == ("no_server", None)
    session.commit()
    monkeypatch.setattr(invitations, "utcnow", lambda: utcnow() + timedelta(hours=24))
    assert send_waiting_letters() == 0
    session.expire_all()
    assert letters_of(session)[0].ending == Ending.UNDELIVERABLE
