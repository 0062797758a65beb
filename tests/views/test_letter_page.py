"""The page that the letter's link opens: once, for a day, for five tries, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.services import first_login
from models import Ending, Staff, utcnow
from tests.support.factories import make_user
from tests.support.invitations import ask, choose, journalled, letters_of, listed_letter, send_by
from tests.support.mail import MailServer, mail_server


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(app, monkeypatch, server)
        yield server


def test_dead_links_all_show_the_same_page(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed_letter(client, session, mail)
    first = mail.letters[0]
    pages = [client.get("/first-login/" + "x" * 43), client.get("/first-login/я")]
    ask(client, session, "olena")  # a newer letter replaces it
    second = mail.wait(2)
    pages += [client.get(f"/first-login/{first.token}"), choose(client, first)]
    choose(client, second)
    client.post("/logout/")
    pages += [client.get(f"/first-login/{second.token}"), choose(client, second)]
    assert {page.status_code for page in pages} == {404}
    # who has signed in once is spoken to in his own language, all else is the same
    shown = [page.text.split("<main")[1].split("<footer")[0] for page in pages]
    assert len(set(shown[:4])) == len(set(shown[4:])) == 1
    assert [letter.ending for letter in letters_of(session)] == [Ending.REPLACED, ""]


def test_link_dies_after_a_day(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    monkeypatch.setattr(first_login, "utcnow", lambda: utcnow() + timedelta(hours=23, minutes=59))
    assert client.get(f"/first-login/{letter.token}").status_code == 200
    monkeypatch.setattr(first_login, "utcnow", lambda: utcnow() + timedelta(hours=24, seconds=1))
    assert client.get(f"/first-login/{letter.token}").status_code == 404
    assert choose(client, letter).status_code == 404
    assert session.scalars(select(Staff).where(Staff.username == "olena")).all() == []


def test_looking_uses_nothing_up(client: FlaskClient, session: Session, mail: MailServer) -> None:
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    for _look in range(8):
        assert client.get(f"/first-login/{letter.token}").status_code == 200
        assert client.head(f"/first-login/{letter.token}").status_code == 200
    assert choose(client, letter).status_code == 303


def test_five_wrong_passwords_burn_the_letter(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    answers = [choose(client, letter, temporary="aaaa-bbbb-cccc").status_code for _try in range(5)]
    assert answers == [422, 422, 422, 422, 404]
    assert choose(client, letter).status_code == 404
    assert letters_of(session)[0].ending == Ending.BURNT
    assert [entry["burnt"] for entry in journalled(session, Kind.INVITATION_WRONG_PASSWORD)] == [
        False
    ] * 4 + [True]


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("password", {"password": "short"}),
        ("password", {"password": "olenaolena12"}),
        ("password", {"password": "x" * 201}),
        ("password", {"password": "with\0 nothing in it"}),
        ("repeated", {"repeated": "something else entirely"}),
        ("temporary", {"temporary": ""}),
    ],
)
def test_bad_new_password_costs_no_try(
    client: FlaskClient, session: Session, mail: MailServer, field: str, more: dict[str, str]
) -> None:
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    answer = choose(client, letter, **more)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert letters_of(session)[0].tries_left == 5
    assert letter.password not in answer.text


def test_temporary_password_cannot_be_kept(client: FlaskClient, session: Session, mail: MailServer) -> None:
    listed_letter(client, session, mail)
    letter = mail.letters[0]
    assert choose(client, letter, password=letter.password).status_code == 422


def test_account_that_appeared_meanwhile_is_not_touched(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    listed_letter(client, session, mail)
    make_user(session, "olena")
    assert choose(client, mail.letters[0]).status_code == 404
    assert letters_of(session)[0].ending == Ending.OVERTAKEN
    assert session.scalars(select(Staff.password).where(Staff.username == "olena")).one() == ""
