"""Setting the second factor up, new recovery codes, switching off; the administrators' rules and resets."""

from __future__ import annotations

import html
import re

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.events import Kind
from app.security import second_factor
from app.security.permissions import STAFF_ROLE
from models import JournalEntry, SecondFactor, SecondFactorRole, Staff
from tests.support.codes import code_of, enrol
from tests.support.factories import make_user
from tests.support.signing import sign_in

PASSWORD = "correct horse"


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena")
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


def kinds(session: Session) -> list[str]:
    """What the journal knows, in order."""
    return list(session.scalars(select(JournalEntry.kind).order_by(JournalEntry.id)))


def shown_codes(page: str) -> list[str]:
    """The recovery codes on a page."""
    return re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page)


def is_on(session: Session, person: Staff) -> bool:
    """Whether the person has a second factor."""
    return second_factor.standing(session, person.id).is_on


def test_person_sets_up_what_the_picture_and_the_address_say(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    page = sign_in(client, person).get("/second-factor/")
    assert page.headers["Cache-Control"] == "no-store"
    assert '<path class="qrline"' in page.text
    found = re.search(r'href="(otpauth://[^"]+)"', page.text)
    assert found
    totp = pyotp.parse_uri(html.unescape(found.group(1)))
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.issuer, totp.name, totp.interval, totp.digits) == ("Helpdesk", "olena", 30, 6)
    assert re.sub(r"\s", "", page.text.split('class="hd-secret">')[1].split("<")[0]) == totp.secret
    wrong = client.post("/second-factor/", data={"code": "12345"})
    assert wrong.status_code == 422
    assert totp.secret[:4] in wrong.text, "the same secret still"
    assert not is_on(session, person)
    done = client.post("/second-factor/", data={"code": totp.now()})
    assert (done.status_code, len(shown_codes(done.text))) == (200, 10)
    assert done.headers["Cache-Control"] == "no-store"
    assert is_on(session, person)
    assert kinds(session) == [Kind.SECOND_FACTOR_ON]
    assert client.get("/second-factor/").location == "/settings/#second-factor"
    assert client.post("/second-factor/", data={"code": totp.now()}).location == "/settings/#second-factor"
    settings = client.get("/settings/").text
    assert "10 recovery codes are left" in settings
    assert shown_codes(settings) == []


def test_code_of_the_set_up_does_not_sign_in(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person).get("/second-factor/")
    secret = second_factor.start(session, person.id)
    code = code_of(secret)
    client.post("/second-factor/", data={"code": code})
    other = app.test_client()
    other.post("/login/", data={"username": "olena", "password": PASSWORD})
    assert other.post("/login/code", data={"code": code}).status_code == 401


def test_person_gets_new_recovery_codes_for_a_code(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    secret, old = enrol(session, person)
    sign_in(client, person)
    refused = client.post("/second-factor/codes", data={"code": "000"})
    assert (refused.status_code, shown_codes(refused.text)) == (422, [])
    new = shown_codes(client.post("/second-factor/codes", data={"code": code_of(secret)}).text)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert not second_factor.check(session, person.id, old[0]).is_right
    assert second_factor.check(session, person.id, new[0]).is_right
    assert kinds(session) == [Kind.RECOVERY_CODES_MADE]


def test_who_has_no_factor_gets_no_recovery_codes(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert sign_in(client, person).post("/second-factor/codes", data={"code": "123456"}).status_code == 422


def test_switching_off_needs_password_and_code(client: FlaskClient, session: Session, person: Staff) -> None:
    secret, codes = enrol(session, person)
    sign_in(client, person)
    tries = [
        {"password": "wrong", "code": code_of(secret)},
        {"password": "", "code": code_of(secret)},
        {"password": PASSWORD, "code": "000"},
        {"password": PASSWORD},
    ]
    for data in tries:
        assert client.post("/second-factor/off", data=data).status_code == 422, data
    assert is_on(session, person)
    answer = client.post("/second-factor/off", data={"password": PASSWORD, "code": code_of(secret)})
    assert (answer.status_code, answer.location) == (303, "/settings/#second-factor")
    assert not is_on(session, person)
    assert not second_factor.check(session, person.id, codes[0]).is_right
    assert kinds(session) == [Kind.SECOND_FACTOR_OFF]


def require(session: Session) -> None:
    """Everybody must have one."""
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    session.add(SecondFactorRole(role_id=role.id))
    session.commit()


def test_who_must_have_one_cannot_switch_it_off(client: FlaskClient, session: Session, person: Staff) -> None:
    secret, _codes = enrol(session, person)
    require(session)
    assert "Switch off" not in sign_in(client, person).get("/settings/").text
    data = {"password": PASSWORD, "code": code_of(secret)}
    answer = client.post("/second-factor/off", data=data)
    assert answer.status_code == 422
    assert "Your role requires" in answer.text
    assert is_on(session, person)


# ------------------------------------------------------------------------- administrators


def test_administrator_requires_it_of_roles_and_takes_it_back(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    boss = make_user(session, "boss", administrator=True)
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    number = role.id
    sign_in(client, boss)
    assert "must set it up" not in client.get("/access/second-factor/").text
    assert client.post("/access/second-factor/roles", data={"roles": [str(number)]}).status_code == 303
    page = client.get("/access/second-factor/").text
    assert f'value="{number}" checked' in page
    assert page.count("must set it up") == 1
    assert client.post("/access/second-factor/roles", data={}).status_code == 303
    assert session.scalars(select(SecondFactorRole)).all() == []
    given, taken = session.scalars(select(JournalEntry).order_by(JournalEntry.id))
    assert (given.kind, given.old, given.new) == ("second_factor.edited", {"roles": []}, {"roles": [number]})
    assert (taken.old, taken.new) == ({"roles": [number]}, {"roles": []})
    assert client.post("/access/second-factor/roles", data={"roles": ["900900"]}).status_code == 422


def test_administrator_who_requires_it_of_himself_sets_it_up_next(
    client: FlaskClient, session: Session
) -> None:
    boss = make_user(session, "boss", administrator=True)
    role = session.scalars(select(Role).where(Role.name == "Admin")).one()
    sign_in(client, boss).post("/access/second-factor/roles", data={"roles": [str(role.id)]})
    assert client.get("/access/second-factor/").location == "/second-factor/"


def test_administrator_resets_a_lost_factor_and_the_sessions_end(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    enrol(session, person)
    number, his = person.id, app.test_client()
    sign_in(his, person)
    assert his.get("/tickets/inbox").status_code == 200
    boss = make_user(session, "boss", administrator=True)
    answer = sign_in(client, boss).post(f"/access/second-factor/{number}/reset")
    assert (answer.status_code, answer.location) == (303, "/access/second-factor/")
    assert session.get(SecondFactor, number) is None
    assert his.get("/tickets/inbox").status_code == 302
    entry = session.scalars(select(JournalEntry)).one()
    assert (entry.kind, entry.actor_id, entry.subject) == (
        Kind.SECOND_FACTOR_RESET,
        boss.id,
        f"user {number}",
    )
    assert client.post(f"/access/second-factor/{number}/reset").status_code == 422
    assert client.post("/access/second-factor/900900/reset").status_code == 404


def test_rules_are_for_administrators_alone(client: FlaskClient, session: Session, person: Staff) -> None:
    enrol(session, person)
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    number = role.id
    sign_in(client, person)
    for with_the_screen in (False, True):
        if with_the_screen:
            sm = client.application.appbuilder.sm  # type: ignore[attr-defined]  # FAB hangs itself there
            role = session.get_one(Role, number)
            role.permissions.append(sm.find_permission_view_menu("can_use", "SecondFactorRules"))
            session.commit()
        assert client.get("/access/second-factor/").status_code == 403
        assert client.post("/access/second-factor/roles", data={"roles": [number]}).status_code == 403
        assert client.post(f"/access/second-factor/{person.id}/reset").status_code == 403
    assert is_on(session, person)


def test_console_takes_a_lost_factor_away(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    enrol(session, person)
    sign_in(client, person)
    run = app.test_cli_runner()
    answer = run.invoke(args=["security", "reset-factor", "olena"])
    assert answer.exit_code == 0, answer.output
    session.expire_all()
    assert not is_on(session, person)
    assert client.get("/tickets/inbox").status_code == 302
    entry = session.scalars(select(JournalEntry)).one()
    assert (entry.kind, entry.actor_id) == (Kind.SECOND_FACTOR_RESET, None)
    for login in ("olena", "nobody"):
        assert run.invoke(args=["security", "reset-factor", login]).exit_code == 1
