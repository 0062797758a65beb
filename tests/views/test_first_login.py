"""The first login at the door: one answer for everybody, and a letter that opens an account once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from models import Membership, Role, Staff, utcnow
from tests.support.factories import make_user
from tests.support.invitations import (
    PASSWORD,
    URL,
    ask,
    choose,
    journalled,
    letters_of,
    make_listed,
    make_person,
    send_by,
    work,
)
from tests.support.mail import MailServer, mail_server


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(app, monkeypatch, server)
        yield server


NONCES = re.compile(r"[\w.-]{20,}")


def plain(page: str) -> str:
    """A page without the nonces and tokens of its own."""
    return NONCES.sub("~", page)


# ------------------------------------------------------------------------------ who gets a letter


def test_listed_person_gets_a_letter_and_opens_his_account(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    _admin, department = make_listed(session, "olena", role=Role.COORDINATOR)
    make_person(session, "olena")
    assert ask(client, session, "FIRM\\Olena ").status_code == 200
    letter = mail.wait()
    assert letter.recipients == ["olena@corp.example"]
    assert letter.link.startswith(f"{URL}/first-login/")
    assert letter.password in letter.html
    assert letter.link in letter.html
    page = client.get(f"/first-login/{letter.token}")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = choose(client, letter)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/").status_code == 200
    person = session.scalars(select(Staff).where(Staff.username == "olena")).one()
    assert (person.first_name, person.last_name, person.email) == ("Олена", "Ткаченко", "olena@corp.example")
    assert [role.name for role in person.roles] == ["Staff"]
    membership = session.scalars(select(Membership).where(Membership.user_id == person.id)).one()
    assert (membership.department_id, membership.role) == (department.id, "coordinator")
    (row,) = letters_of(session)
    assert (row.user_id, row.token_hash, row.password_hash) == (person.id, None, "")
    assert row.used_at is not None
    assert len(journalled(session, Kind.INVITATION_USED)) == 1
    assert len(journalled(session, Kind.SIGNED_IN)) == 1
    client.post("/logout/")
    signed_in = client.post("/login/", data={"username": "olena", "password": PASSWORD})
    assert signed_in.status_code == 302


def test_the_answer_is_the_same_for_everybody(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    make_listed(session, "olena\nworker")
    for login in ("olena", "stranger", "worker"):
        make_person(session, login)
    make_user(session, "worker")
    answers = [ask(client, session, login) for login in ("olena", "stranger", "worker", "nobody", "*@x)(")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({plain(answer.text) for answer in answers}) == 1
    mail.wait(1)
    reasons = [entry["reason"] for entry in journalled(session, Kind.INVITATION_REFUSED)]
    assert reasons == ["not_listed", "has_account", "no_mailbox", "no_mailbox"]


@pytest.mark.parametrize(
    ("patterns", "gets"),
    [
        ("*@corp.example", True),
        ("olena@corp.example", True),
        ("*@example", False),
        ("*@sub.corp.example", False),
        ("ole", False),
        ("olena@evil.example", False),
    ],
)
def test_patterns(client: FlaskClient, session: Session, mail: MailServer, patterns: str, gets: bool) -> None:
    if patterns == "*@example":
        patterns = "*@p.example"
    make_listed(session, patterns)
    make_person(session, "olena")
    ask(client, session, "olena")
    assert len(mail.letters) == gets


def test_login_counts_before_domain(client: FlaskClient, session: Session, mail: MailServer) -> None:
    make_listed(session, "*@corp.example")
    _admin, own = make_listed(session, "olena", role=Role.COORDINATOR)
    make_person(session, "olena")
    ask(client, session, "olena")
    choose(client, mail.wait())
    assert session.scalars(select(Membership.department_id)).one() == own.id


def test_mailbox_is_never_what_a_colleague_or_the_asker_wrote(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    make_listed(session, "olena\nthief@evil.example")
    person = make_person(session, "olena")
    person.email = "thief@evil.example"
    session.flush()
    ask(client, session, "thief@evil.example")
    assert mail.letters == []
    ask(client, session, "olena")
    assert mail.wait().recipients == ["olena@corp.example"]


@pytest.mark.parametrize("email", ["olena@corp.example\r\nBcc: x@evil.example", "a@b, c@d", "olena"])
def test_odd_mailbox_of_the_directory_gets_nothing(
    client: FlaskClient, session: Session, mail: MailServer, email: str
) -> None:
    make_listed(session, "olena")
    make_person(session, "olena", email)
    ask(client, session, "olena")
    assert mail.letters == []
    assert [entry["reason"] for entry in journalled(session, Kind.INVITATION_REFUSED)] == ["no_mailbox"]


def test_who_left_or_is_listed_no_more_gets_nothing(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listed(session, "olena", days=3)
    make_person(session, "olena", is_active=False)
    ask(client, session, "olena")
    person = make_person(session, "ivan")
    make_listed(session, "ivan", days=3)
    from app.services import white_list

    monkeypatch.setattr(white_list, "utcnow", lambda: utcnow() + timedelta(days=4))
    ask(client, session, "ivan")
    assert mail.letters == []
    assert person.is_active


def test_asking_without_redis_answers_the_same(
    client: FlaskClient, session: Session, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis.exceptions import ConnectionError as RedisAway

    import views.first_login

    usual = ask(client, session, "nobody").text

    def away() -> None:
        raise RedisAway("away")

    monkeypatch.setattr(views.first_login, "queue", away)
    answer = client.post("/first-login/", data={"login": "olena"})
    assert (answer.status_code, plain(answer.text)) == (200, plain(usual))


def test_empty_login_shows_the_form_again(client: FlaskClient, session: Session) -> None:
    assert client.post("/first-login/", data={"login": " \0"}).status_code == 303
    assert client.post("/first-login/").status_code == 303
    assert client.get("/first-login/").status_code == 200
    assert 'href="/first-login/"' in client.get("/login/").text


def test_work_without_a_letter_is_harmless(app: Flask, session: Session) -> None:
    from jobs.invitations import send_again

    work(app, session)
    from app.errors import NotFound

    with pytest.raises(NotFound):
        send_again(999_999, 1)
