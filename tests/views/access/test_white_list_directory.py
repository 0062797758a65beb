"""The white list and the directory: a group is read into the form, mailboxes are asked for (real Samba)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.services import directory_source
from app.services.directory_source import seal
from models import DirectorySource, InvitationRule, JournalEntry, Staff
from tests.support.factories import make_department, make_user
from tests.support.invitations import ask, choose, make_listed, make_person, send_by
from tests.support.mail import MailServer, mail_server
from tests.support.people_ldif import Person
from tests.support.samba import Samba
from tests.support.signing import sign_in

HERE = "/access/white-list/"


@pytest.fixture
def admin(session: Session) -> Staff:
    return make_user(session, "boss", administrator=True)


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(app, monkeypatch, server)
        yield server


def set_directory(session: Session, samba: Samba, **more: str) -> None:
    """Let the application read this directory."""
    settings = samba.settings()
    values = {
        **{name: getattr(settings, name) for name in ("host", "user", "base", "ca_pem", "timeout")},
        "security": "ldaps",
        **more,
    }
    session.add(
        DirectorySource(
            settings=directory_source.clean_settings(values),
            sealed_password=seal(settings.password),
            cursor={},
            is_on=False,
        )
    )
    session.flush()


def test_group_of_the_directory_is_read_into_the_form(
    client: FlaskClient, session: Session, admin: Staff, samba: Samba
) -> None:
    ou = samba.new_ou()
    people = [Person(f"wl{n}.{ou[8:14]}", f"Член {n}", disabled=n == 2) for n in range(3)]
    members = [samba.add_person(ou, person) for person in people]
    group = samba.add_group(f"IT {ou[8:14]}", members)
    set_directory(session, samba, base=ou)
    department = make_department(session)
    typed = {"patterns": "olena", "department_id": department.id, "role": "employee"}
    data = {**typed, "group": group, "from_group": "1"}
    answer = sign_in(client, admin).post(f"{HERE}rules", data=data)
    assert answer.status_code == 200
    logins = [person.login.lower() for person in people if not person.disabled]
    assert "\n".join(["olena", *logins]) in answer.text.replace("\r\n", "\n")
    assert people[2].login not in answer.text
    assert session.scalars(select(InvitationRule)).all() == []
    wrong = client.post(f"{HERE}rules", data={**data, "group": "CN=Nobody,DC=firm,DC=test"})
    assert wrong.status_code == 422
    assert 'id="group-error"' in wrong.text
    assert client.post(f"{HERE}rules", data={**data, "group": ""}).status_code == 422


def test_mailbox_comes_from_the_directory_itself(
    client: FlaskClient, session: Session, samba: Samba, mail: MailServer
) -> None:
    ou = samba.new_ou()
    login = f"FL.{ou[8:14]}"
    more = {"givenName": "Олена", "sn": "Ткаченко"}
    samba.add_person(ou, Person(login, "Ткаченко О. В.", "Olena@Firm.Test", more=more))
    samba.add_person(ou, Person(f"off{login}", "Вимкнений", "off@firm.test", disabled=True))
    samba.add_person(ou, Person(f"no{login}", "Без пошти"))
    set_directory(session, samba, base=ou)
    make_listed(session, "*@firm.test")
    make_person(session, login.lower(), "old@corp.example")  # the last reading counts no more
    for typed in (f"off{login}", f"no{login}", "*", f"FL.{ou[8:11]}*", "x)(uid=*"):
        ask(client, session, typed)
    assert mail.letters == []
    ask(client, session, login.upper())
    letter = mail.wait()
    assert letter.recipients == ["olena@firm.test"]
    assert choose(client, letter).status_code == 303
    person = session.scalars(select(Staff).where(Staff.username == login.lower())).one()
    assert person.full_name == "Олена Ткаченко"


def test_group_without_a_directory(client: FlaskClient, session: Session, admin: Staff) -> None:
    answer = sign_in(client, admin).post(f"{HERE}rules", data={"from_group": "1", "group": "CN=x"})
    assert answer.status_code == 422
    assert "No directory is set" in answer.text


def test_directory_that_is_away_gives_no_letter_and_no_error(
    client: FlaskClient, session: Session, samba: Samba, mail: MailServer
) -> None:
    set_directory(session, samba, host="127.0.0.1", port="1")
    make_listed(session, "olena")
    make_person(session, "olena")
    assert ask(client, session, "olena").status_code == 200
    assert mail.letters == []
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.INVITATION_REFUSED)).one()
    assert entry.new["reason"] == "directory"
