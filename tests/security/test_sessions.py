"""A cookie or a token is worth nothing after signing out or a new password (traps.md M5)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.extensions import appbuilder
from models import Staff
from tests.support.factories import make_user
from tests.support.signing import sign_in

# makes every test client forget the person of the request before
pytestmark = pytest.mark.usefixtures("client")
PASSWORD = "correct horse"


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena")
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.flush()
    return person


def signed_in(app: Flask, password: str = PASSWORD) -> FlaskClient:
    """A browser in which the person has signed in."""
    browser = app.test_client()
    assert browser.post("/login/", data={"username": "olena", "password": password}).status_code == 302
    return browser


def copied(app: Flask, browser: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = browser.get_cookie(name)
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie(name, cookie.value)
    return thief


def test_m05_a_copied_cookie_ends_with_signing_out_and_other_browsers_go_on(
    app: Flask, person: Staff
) -> None:
    browser, other = signed_in(app), signed_in(app)
    thief = copied(app, browser)
    assert thief.get("/tickets/inbox").status_code == 200
    browser.post("/logout/")
    assert thief.get("/tickets/inbox").status_code == 302
    assert thief.get("/api/v1/me/").status_code == 401
    assert other.get("/tickets/inbox").status_code == 200


def test_m05_a_new_password_ends_cookies_and_tokens(app: Flask, session: Session, person: Staff) -> None:
    browser = signed_in(app)
    body = {"username": "olena", "password": PASSWORD, "provider": "db", "refresh": True}
    tokens = app.test_client().post("/api/v1/security/login", json=body).json or {}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    refresh = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    caller = app.test_client()
    assert caller.get("/api/v1/me/", headers=bearer).status_code == 200
    assert caller.post("/api/v1/security/refresh", headers=refresh).status_code == 200
    appbuilder().sm.reset_password(person.id, "another one")
    assert browser.get("/tickets/inbox").status_code == 302
    assert caller.get("/api/v1/me/", headers=bearer).status_code == 401
    assert caller.post("/api/v1/security/refresh", headers=refresh).status_code == 401
    assert signed_in(app, "another one").get("/tickets/inbox").status_code == 200


def test_m05_a_password_changed_by_whatever_means_ends_cookies_and_tokens(
    app: Flask, session: Session, person: Staff
) -> None:
    browser, caller = signed_in(app), app.test_client()
    body = {"username": "olena", "password": PASSWORD, "provider": "db"}
    tokens = caller.post("/api/v1/security/login", json=body).json or {}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert caller.get("/api/v1/me/", headers=bearer).status_code == 200
    # by a statement in the database: nothing of ours is called
    session.execute(update(Staff).where(Staff.id == person.id).values(password="scrypt:another"))
    assert browser.get("/tickets/inbox").status_code == 302
    assert caller.get("/api/v1/me/", headers=bearer).status_code == 401


def test_m05_who_changes_his_own_password_goes_on_here_and_is_out_elsewhere(
    app: Flask, person: Staff
) -> None:
    browser, other = signed_in(app), signed_in(app)
    thief = copied(app, browser)
    data = {"old_password": PASSWORD, "new_password": "another one 1", "again": "another one 1"}
    assert browser.post("/settings/password", data=data).status_code == 303
    assert browser.get("/tickets/inbox").status_code == 200
    assert other.get("/tickets/inbox").status_code == 302
    assert thief.get("/tickets/inbox").status_code == 302


def test_fabs_own_form_changes_no_password_without_the_old_one(
    app: Flask, session: Session, person: Staff
) -> None:
    browser, before = signed_in(app), person.password
    data = {"password": "another one 1", "conf_password": "another one 1"}
    assert browser.post("/resetmypassword/form", data=data).location == "/settings/#password"
    assert browser.get("/resetmypassword/form").location == "/settings/#password"
    session.expire_all()
    assert person.password == before


@pytest.mark.parametrize("wrong", ["ole\x00na", "\x00", "x" * 5000])
def test_a_login_that_nobody_can_have_is_refused_like_any_other(
    app: Flask, person: Staff, wrong: str
) -> None:
    browser = app.test_client()
    assert browser.post("/login/", data={"username": wrong, "password": PASSWORD}).status_code == 401
    assert browser.post("/login/", data={"username": "olena", "password": wrong}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        '{"username": "ole\\ud800na", "password": "x", "provider": "db"}',
        '{"username": "olena", "password": "\\ud800", "provider": "db"}',
        '{"username": "ole\\u0000na", "password": "x", "provider": "db"}',
        "[" * 100_000,
        '{"username": ' * 100_000,
    ],
)
def test_the_api_refuses_to_read_a_sign_in_that_makes_no_sense(app: Flask, body: str) -> None:
    caller = app.test_client()
    answer = caller.post("/api/v1/security/login", data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("q", ["(a:", "!", "(" * 500, "(1:2)", "(a:'\x00')", "!(1)"])
def test_fabs_lists_refuse_rison_that_makes_no_sense(client: FlaskClient, session: Session, q: str) -> None:
    sign_in(client, make_user(session, administrator=True))
    assert client.get("/api/v1/security/users/").status_code == 200
    for path in ("users/", "users/_info", "roles/"):
        assert client.get(f"/api/v1/security/{path}", query_string={"q": q}).status_code == 400


def test_fabs_resources_refuse_numbers_that_no_column_holds(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, administrator=True))
    huge = 99999999999999999999
    assert client.get(f"/api/v1/security/users/{huge}").status_code == 404
    assert client.delete(f"/api/v1/security/roles/{huge}").status_code == 404
    assert client.delete("/api/v1/security/roles/abc").status_code == 404
    answer = client.put("/api/v1/security/roles/1/users", json={"user_ids": [huge]})
    assert answer.status_code == 400
