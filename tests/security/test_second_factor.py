"""The second factor at the door: half signed in is not signed in, no code works twice, rules of roles."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, Role
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.events import Kind
from app.extensions import appbuilder
from app.security import second_factor, second_step
from app.security.permissions import STAFF_ROLE
from app.security.second_factor import Answer
from models import JournalEntry, RecoveryCode, SecondFactor, SecondFactorRole, Staff, utcnow
from tests.support.codes import code_of, enrol
from tests.support.factories import make_department, make_user
from tests.support.signing import sign_in

PASSWORD = "correct horse"


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena", employee_of=[make_department(session)])
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the codes stands still in the middle of a half minute."""
    moment = time.time() // 30 * 30 + 15
    monkeypatch.setattr(time, "time", lambda: moment)


def type_password(client: FlaskClient, target: str = "") -> Any:
    """The first step."""
    query = {"next": target} if target else {}
    return client.post("/login/", data={"username": "olena", "password": PASSWORD}, query_string=query)


def kinds(session: Session) -> list[str]:
    """What the journal knows, in order."""
    return list(session.scalars(select(JournalEntry.kind).order_by(JournalEntry.id)))


def test_person_signs_in_with_password_and_code_to_the_page_he_wanted(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    secret, _codes = enrol(session, person)
    answer = type_password(client, "/tickets/outbox")
    assert answer.location == "/login/code"
    answer = client.post("/login/code", data={"code": code_of(secret)})
    assert (answer.status_code, answer.location) == (302, "/tickets/outbox")
    assert client.get("/tickets/outbox").status_code == 200
    assert kinds(session) == [Kind.SIGNED_IN]


def test_half_signed_in_person_opens_nothing(client: FlaskClient, session: Session, person: Staff) -> None:
    enrol(session, person)
    type_password(client)
    for path in ("/", "/tickets/inbox", "/settings/", "/second-factor/"):
        assert "/login/" in client.get(path).location, path
    assert client.get("/api/v1/me/").status_code == 401
    assert client.post("/settings/theme", data={"theme": "dark"}).status_code == 401
    assert client.post("/second-factor/off", data={"code": "1"}).status_code == 401
    assert kinds(session) == []


def test_nobody_types_a_code_without_a_password(client: FlaskClient, session: Session, person: Staff) -> None:
    secret, _codes = enrol(session, person)
    for answer in (client.get("/login/code"), client.post("/login/code", data={"code": code_of(secret)})):
        assert (answer.status_code, answer.location) == (302, "/login/")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("typed", ["", "000000", "abcdef", "12345", "٠١٢٣٤٥", "\x00", "x" * 5000])
def test_wrong_code_is_refused_and_journalled(
    client: FlaskClient, session: Session, person: Staff, typed: str
) -> None:
    secret, _codes = enrol(session, person)
    if typed == code_of(secret):
        typed = "111111"
    type_password(client)
    assert client.post("/login/code", data={"code": typed}).status_code == 401
    assert client.get("/").status_code == 302
    assert kinds(session) == [Kind.SIGN_IN_FAILED]
    assert client.post("/login/code", data={"code": code_of(secret)}).status_code == 302


@pytest.mark.usefixtures("still")
def test_no_code_is_taken_twice(app: Flask, client: FlaskClient, session: Session, person: Staff) -> None:
    secret, _codes = enrol(session, person)
    code, spied = code_of(secret), app.test_client()
    type_password(client)
    assert client.post("/login/code", data={"code": code}).status_code == 302
    type_password(spied)
    assert spied.post("/login/code", data={"code": code}).status_code == 401
    # nor one of the half minute before
    assert spied.post("/login/code", data={"code": code_of(secret, steps=-1)}).status_code == 401
    assert spied.post("/login/code", data={"code": code_of(secret, steps=1)}).status_code == 302


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize(
    ("steps", "answer"),
    [(-2, Answer.WRONG), (-1, Answer.CODE), (0, Answer.CODE), (1, Answer.CODE), (2, Answer.WRONG)],
)
def test_clock_may_be_half_a_minute_off(session: Session, person: Staff, steps: int, answer: Answer) -> None:
    secret, _codes = enrol(session, person)
    assert second_factor.check(session, person.id, code_of(secret, steps=steps)) is answer


def test_recovery_code_lets_in_once_and_is_journalled(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    _secret, codes = enrol(session, person)
    assert (len(codes), len(set(codes))) == (10, 10)
    stored = set(session.scalars(select(RecoveryCode.code_hash)))
    assert not stored & {code.replace("-", "") for code in codes}
    type_password(client)
    assert client.post("/login/code", data={"code": f" {codes[3].upper()} "}).status_code == 302
    assert kinds(session) == [Kind.RECOVERY_CODE_USED, Kind.SIGNED_IN]
    other = app.test_client()
    type_password(other)
    assert other.post("/login/code", data={"code": codes[3]}).status_code == 401
    assert second_factor.standing(session, person.id).codes_left == 9


def test_nothing_is_taken_for_a_while_after_five_wrong_codes(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    secret, codes = enrol(session, person)
    type_password(client)
    for _time in range(5):
        answer = client.post("/login/code", data={"code": "zzz"})
        assert answer.status_code == 401
    assert "Зачекайте п’ять хвилин" in answer.text
    for typed in (code_of(secret), codes[0]):
        assert client.post("/login/code", data={"code": typed}).status_code == 401
    session.get_one(SecondFactor, person.id).locked_until = utcnow() - timedelta(seconds=1)
    assert client.post("/login/code", data={"code": code_of(secret)}).status_code == 302


def test_waiting_for_the_code_ends_after_ten_minutes(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    secret, _codes = enrol(session, person)
    type_password(client)
    with client.session_transaction() as cookie:
        cookie[second_step.WAITING] = {**cookie[second_step.WAITING], "at": int(time.time()) - 601}
    assert client.post("/login/code", data={"code": code_of(secret)}).location == "/login/"


def test_new_password_or_disabling_ends_the_waiting(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    secret, _codes = enrol(session, person)
    type_password(client)
    person.active = False
    assert client.post("/login/code", data={"code": code_of(secret)}).location == "/login/"
    person.active = True
    assert client.post("/login/code", data={"code": code_of(secret)}).location == "/login/"
    type_password(client)
    appbuilder().sm.reset_password(person.id, "another one 1")
    assert client.post("/login/code", data={"code": code_of(secret)}).location == "/login/"


def test_secret_is_sealed_in_the_database(session: Session, person: Staff) -> None:
    secret, _codes = enrol(session, person)
    stored = session.get_one(SecondFactor, person.id).sealed_secret
    assert secret not in stored
    assert stored.startswith("gAAAA")


def test_factor_that_cannot_be_unsealed_takes_no_code(session: Session, person: Staff) -> None:
    secret, codes = enrol(session, person)
    session.get_one(SecondFactor, person.id).sealed_secret = "made with another key"
    session.commit()
    assert second_factor.check(session, person.id, code_of(secret)) is Answer.WRONG
    assert second_factor.check(session, person.id, codes[0]) is Answer.RECOVERY


# --------------------------------------------------------------------------------- the API


def api_sign_in(app: Flask, **more: str) -> Any:
    """Ask for tokens."""
    body = {"username": "olena", "password": PASSWORD, "provider": "db", **more}
    return app.test_client().post("/api/v1/security/login", json=body)


@pytest.mark.usefixtures("client")
def test_api_gives_tokens_only_for_the_code(app: Flask, session: Session, person: Staff) -> None:
    secret, _codes = enrol(session, person)
    refused = api_sign_in(app)
    assert refused.status_code == 401
    assert "другий чинник" in refused.json["message"]
    assert api_sign_in(app, code="000").status_code == 401
    answer = api_sign_in(app, code=code_of(secret))
    assert answer.status_code == 200
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert app.test_client().get("/api/v1/me/", headers=bearer).status_code == 200
    assert kinds(session) == [Kind.SIGN_IN_FAILED, Kind.SIGNED_IN]


@pytest.mark.usefixtures("client")
def test_api_needs_no_code_from_who_has_no_factor(app: Flask, session: Session, person: Staff) -> None:
    assert api_sign_in(app).status_code == 200
    assert kinds(session) == [Kind.SIGNED_IN]


# ----------------------------------------------------------------------- required by a role


def require(session: Session, name: str = STAFF_ROLE) -> None:
    """The role's people must have a second factor."""
    role = session.scalars(select(Role).where(Role.name == name)).one()
    session.add(SecondFactorRole(role_id=role.id))
    session.commit()


def test_who_must_and_has_none_is_led_to_the_set_up_and_does_nothing_else(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    require(session)
    answer = type_password(client)
    assert client.get(answer.location).location == "/second-factor/"
    for path in ("/tickets/inbox", "/settings/", "/clients/", "/swagger/v1", "/users/userinfo/"):
        assert client.get(path).location == "/second-factor/", path
    assert client.get("/api/v1/me/").status_code == 403
    assert client.get("/tickets/inbox", headers={"HX-Request": "true"}).status_code == 403
    assert client.post("/settings/theme", data={"theme": "dark"}).status_code == 403
    page = client.get("/second-factor/")
    assert page.status_code == 200
    assert "Your role requires a second factor" in page.text
    assert "hd-side" not in page.text
    assert (
        client.post("/settings/language", data={"locale": "uk", "next": "/second-factor/"}).status_code == 303
    )
    secret = second_factor.start(session, person.id)
    session.commit()
    assert client.post("/second-factor/", data={"code": code_of(secret)}).status_code == 200
    assert client.get("/tickets/inbox").status_code == 200


def test_who_must_through_a_group_is_led_to_the_set_up_too(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    role = Role(name="Guarded")
    group = Group(name="guarded", label="", description="", roles=[role])
    session.add_all([role, group])
    session.flush()
    session.add(SecondFactorRole(role_id=role.id))
    person.groups = [group]
    session.commit()
    sign_in(client, person)
    assert client.get("/tickets/inbox").location == "/second-factor/"


def test_rule_counts_from_the_next_request_on_for_cookies_tokens_and_keys(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person)
    token = {"Authorization": f"Bearer {api_sign_in(app).json['access_token']}"}
    made: Any = client.post("/api/v1/security/api_keys/", json={"name": "script"}).json
    key = {"Authorization": f"Bearer {made['result']['key']}"}
    caller = app.test_client()
    for headers in (token, key):
        assert caller.get("/api/v1/me/", headers=headers).status_code == 200
    require(session)
    assert client.get("/tickets/inbox").location == "/second-factor/"
    for headers in (token, key):
        assert caller.get("/api/v1/me/", headers=headers).status_code == 401
    refused = api_sign_in(app)
    assert refused.status_code == 401
    assert "через браузер" in refused.json["message"]


def test_others_are_not_led_anywhere(client: FlaskClient, session: Session, person: Staff) -> None:
    require(session, "Admin")
    sign_in(client, person)
    assert client.get("/tickets/inbox").status_code == 200
