"""The white list's screen: who may open it, adding, a group of the directory, taking back, sending again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from models import (
    Department,
    Ending,
    InvitationRule,
    JournalEntry,
    Role,
    Staff,
    utcnow,
)
from tests.support.factories import make_department, make_user
from tests.support.invitations import ask, choose, letters_of, make_listed, make_person, send_by, work
from tests.support.mail import MailServer, mail_server
from tests.support.queries import count_queries
from tests.support.signing import sign_in

HERE = "/access/white-list/"
BUDGET = 10


@pytest.fixture
def admin(session: Session) -> Staff:
    return make_user(session, "boss", administrator=True)


@pytest.fixture
def mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        send_by(app, monkeypatch, server)
        yield server


def rules(session: Session) -> dict[str, InvitationRule]:
    """The rules that are not revoked, by pattern."""
    found = session.scalars(select(InvitationRule).where(InvitationRule.revoked_at.is_(None)))
    return {rule.pattern: rule for rule in found}


# ------------------------------------------------------------------------------ who may


@pytest.mark.parametrize("who", ["employee", "coordinator", "stranger"])
def test_only_administrators_keep_the_list(client: FlaskClient, session: Session, who: str) -> None:
    _admin, department = make_listed(session, "olena")
    rule = rules(session)["olena"]
    works, leads = [department] * (who == "employee"), [department] * (who == "coordinator")
    sign_in(client, make_user(session, employee_of=works, coordinator_of=leads))
    assert client.get(HERE).status_code == 403
    typed = {"patterns": "ivan", "department_id": department.id, "role": "employee"}
    assert client.post(f"{HERE}rules", data=typed).status_code == 403
    for path in (f"rules/{rule.id}/revoke", "letters/1/revoke", "letters/1/resend"):
        assert client.post(HERE + path).status_code == 403, path
    assert set(rules(session)) == {"olena"}


def test_anonymous_signs_in_first(client: FlaskClient) -> None:
    assert "/login/" in client.get(HERE).headers["Location"]
    assert client.post(f"{HERE}rules").status_code == 401


def test_wrong_verbs_and_ids(client: FlaskClient, session: Session, admin: Staff) -> None:
    sign_in(client, admin)
    assert client.get(f"{HERE}rules").status_code == 405
    for path in ("rules/999999/revoke", "letters/999999/revoke", "letters/999999/resend"):
        assert client.get(HERE + path).status_code == 405, path
        assert client.post(HERE + path).status_code == 404, path
        assert client.post(HERE + path.replace("999999", "9" * 20)).status_code == 404, path


def test_the_screen_is_in_the_menu_of_administrators_alone(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    assert f'href="{HERE}"' in sign_in(client, admin).get("/").text
    worker = make_user(session, employee_of=[make_department(session)])
    assert f'href="{HERE}"' not in sign_in(client, worker).get("/").text


# ------------------------------------------------------------------------------ adding


def test_administrator_pastes_many_lines(client: FlaskClient, session: Session, admin: Staff) -> None:
    department = make_department(session)
    text = "Olena\r\n FIRM\\Ivan, petro@Corp.Example;*@corp.example\n\nolena\n"
    typed = {"patterns": text, "department_id": department.id, "role": "coordinator", "days": "30"}
    answer = sign_in(client, admin).post(f"{HERE}rules", data={**typed, "note": "new shift"})
    assert answer.status_code == 303
    found = rules(session)
    assert set(found) == {"olena", "ivan", "petro@corp.example", "*@corp.example"}
    rule = found["ivan"]
    assert (rule.department_id, rule.role, rule.note) == (department.id, "coordinator", "new shift")
    assert rule.expires_at is not None
    assert abs(rule.expires_at - utcnow() - timedelta(days=30)) < timedelta(minutes=1)
    assert rule.created_by_id == admin.id
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.INVITATION_RULE_ADDED)).one()
    assert (entry.actor_id, len(entry.new["patterns"])) == (admin.id, 4)
    assert "4 lines added" in client.get(HERE).text


def test_a_line_that_is_there_is_changed(client: FlaskClient, session: Session, admin: Staff) -> None:
    make_listed(session, "olena", days=3)
    other = make_department(session)
    typed = {"patterns": "olena\nivan", "department_id": other.id, "role": "employee"}
    sign_in(client, admin).post(f"{HERE}rules", data=typed)
    found = rules(session)
    assert set(found) == {"olena", "ivan"}
    assert (found["olena"].department_id, found["olena"].expires_at) == (other.id, None)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("patterns", {"patterns": ""}),
        ("patterns", {"patterns": "olena\ntwo words"}),
        ("patterns", {"patterns": "*@*"}),
        ("patterns", {"patterns": "*"}),
        ("patterns", {"patterns": "*@localhost"}),
        ("patterns", {"patterns": "a@b@c"}),
        ("patterns", {"patterns": "x" * 129}),
        ("patterns", {"patterns": "\n".join(f"user{n}" for n in range(2001))}),
        ("department_id", {"department_id": "999999"}),
        ("department_id", {"department_id": ""}),
        ("role", {"role": "administrator"}),
        ("days", {"days": "-1"}),
        ("days", {"days": "99999"}),
        ("days", {"days": "soon"}),
        ("note", {"note": "x" * 201}),
    ],
)
@pytest.mark.database("sqlite", reason="nothing of it reaches the database")
def test_what_makes_no_sense_is_named_and_kept(
    client: FlaskClient, session: Session, admin: Staff, field: str, more: dict[str, str]
) -> None:
    department = make_department(session)
    typed = {"patterns": "kept-login", "department_id": department.id, "role": "employee", "days": ""}
    answer = sign_in(client, admin).post(f"{HERE}rules", data={**typed, **more})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    if field != "patterns":
        assert "kept-login</textarea>" in answer.text
    assert rules(session) == {}


# ------------------------------------------------------------------------------ taking back, sending again


def test_rule_taken_back_takes_its_letters_with_it(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    admin, _department = make_listed(session, "olena")
    make_person(session, "olena")
    ask(client, session, "olena")
    rule = rules(session)["olena"]
    sign_in(client, admin)
    assert client.post(f"{HERE}rules/{rule.id}/revoke").status_code == 303
    assert client.post(f"{HERE}rules/{rule.id}/revoke").status_code == 303  # pressed twice
    assert rules(session) == {}
    assert letters_of(session)[0].ending == Ending.REVOKED
    client.post("/logout/")
    assert choose(client, mail.wait()).status_code == 404
    ask(client, session, "olena")
    assert len(mail.letters) == 1
    kinds = [entry.kind for entry in session.scalars(select(JournalEntry))]
    assert kinds.count(Kind.INVITATION_RULE_REVOKED) == 1


def test_letter_is_taken_back_and_sent_once_more(
    client: FlaskClient, session: Session, mail: MailServer
) -> None:
    admin, _department = make_listed(session, "olena")
    make_person(session, "olena")
    ask(client, session, "olena")
    first = mail.wait()
    (row,) = letters_of(session)
    number = row.id
    sign_in(client, admin)
    assert client.post(f"{HERE}letters/{number}/revoke").status_code == 303
    assert client.get(f"/first-login/{first.token}").status_code == 404
    assert client.post(f"{HERE}letters/{number}/revoke").status_code == 303
    assert "used or closed already" in client.get(HERE).text
    assert client.post(f"{HERE}letters/{number}/resend").status_code == 303
    work(client.application, session)
    second = mail.wait(2)
    newest = letters_of(session)[-1]
    assert newest.asked_by_id == admin.id
    assert second.token != first.token
    client.post("/logout/")
    assert choose(client, second).status_code == 303
    client.post("/logout/")
    sign_in(client, admin)
    client.post(f"{HERE}letters/{newest.id}/resend")
    work(client.application, session)
    assert len(mail.letters) == 2
    page = client.get(HERE).text
    assert "olena has joined already" in page
    assert "Олена Ткаченко</a>" in page


def test_table_says_that_no_mail_server_is_set(
    app: Flask, client: FlaskClient, session: Session, admin: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_SERVER", {})
    make_listed(session, "olena")
    make_person(session, "olena")
    ask(client, session, "olena")
    page = sign_in(client, admin).get(HERE).text
    assert "No mail server is set." in page
    assert "waiting: no mail server is set" in page


def test_the_page_costs_the_same_with_many_rows(client: FlaskClient, session: Session, admin: Staff) -> None:
    make_listed(session, "\n".join(f"user{number}" for number in range(300)))
    sign_in(client, admin)
    client.get(HERE)
    with count_queries() as queries:
        page = client.get(HERE)
    assert page.text.count('<tr id="rule-') == 200
    assert len(queries) <= BUDGET, queries
    assert client.get(f"{HERE}?q=USER1%25").text.count('<tr id="rule-') == 0
    assert client.get(f"{HERE}?q=USER123").text.count('<tr id="rule-') == 1
    assert Role.EMPLOYEE in page.text


def test_department_stays_until_its_lines_are_taken_off(
    client: FlaskClient, session: Session, admin: Staff
) -> None:
    _admin, department = make_listed(session, "olena")
    number, line = department.id, rules(session)["olena"].id
    refused = sign_in(client, admin).post(f"/departments/delete/{number}", follow_redirects=True)
    assert "1 line of the white list" in refused.text
    session.expire_all()
    assert set(rules(session)) == {"olena"}
    client.post(f"{HERE}rules/{line}/revoke")
    client.post(f"/departments/delete/{number}")
    session.expire_all()
    assert session.get(Department, number) is None
