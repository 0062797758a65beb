"""What every answer says of itself, and what no address gives away."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import ParseException
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.security import sessions
from app.security_headers import init_security_headers
from models import Staff
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.signing import sign_in
from views.shell import Shell

PAGES = ("/", "/tickets/inbox", "/clients/", "/settings/", "/users/list/", "/api/v1/me/", "/nothing")


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    person = make_user(session, administrator=True)
    sign_in(client, person)
    return person


@pytest.mark.parametrize("path", PAGES)
def test_answer_stays_in_no_cache_and_names_its_letters(
    client: FlaskClient, administrator: Staff, path: str
) -> None:
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type in {"text/html; charset=utf-8", "application/json"}
    assert "object-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "base-uri 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", [*PAGES, "/static/dist/manifest.json"])
def test_policies_stand_on_every_answer(client: FlaskClient, administrator: Staff, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(("https", "said"), [(True, "max-age=31536000; includeSubDomains"), (False, None)])
def test_https_is_remembered_for_a_year(https: bool, said: str | None) -> None:
    plain = Flask("plain")
    plain.config["HTTPS"] = https
    init_security_headers(plain)
    assert plain.test_client().get("/").headers.get("Strict-Transport-Security") == said


def test_nothing_is_opened_to_other_origins(client: FlaskClient, administrator: Staff) -> None:
    for path in PAGES:
        answer = client.get(path, headers={"Origin": "https://evil.example"})
        assert not [name for name, _value in answer.headers if name.startswith("Access-Control-")], path


@pytest.mark.parametrize("path", ["/", "/login/", "/tickets/inbox", "/api/v1/me/", "/static/dist/x.js"])
def test_nobody_traces_a_request(client: FlaskClient, administrator: Staff, path: str) -> None:
    answer = client.open(path, method="TRACE", headers={"X-Secret": "told back"})
    assert answer.status_code == 405
    assert "told back" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config", "/.git/HEAD", "/config.py", "/var/secret_key", "/static/", "/static/dist/",
        "/static/../config.py", "/static/%252e%252e/%252e%252e/config.py",
        "/static/dist/..%2f..%2f..%2fconfig.py", "/requirements.txt",
    ],
)  # fmt: skip
def test_neither_source_nor_folders_are_served(client: FlaskClient, administrator: Staff, path: str) -> None:
    assert client.get(path).status_code == 404


def test_crash_is_logged_and_told_without_its_trace(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash() -> str:
        raise RuntimeError("password=hunter2")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "SignInView.login", crash)
    answer = client.get("/login/")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "hunter2" in caplog.text
    assert app.debug is False


def test_refusal_is_logged_with_who_and_what_on_one_line(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    department = make_department(session)
    person = make_user(session, employee_of=[department])
    sign_in(client, person)
    with caplog.at_level(logging.WARNING):
        assert client.get("/access/white-list/").status_code == 403
    assert f"refused user {person.id} at 127.0.0.1: GET '/access/white-list/'" in caplog.messages


def test_forbidden_move_is_logged(
    client: FlaskClient, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    department = make_department(session)
    one, other = (make_user(session, employee_of=[department]) for _person in range(2))
    ticket = make_ticket(session, department=department, author=one, taken_by=one)
    sign_in(client, other)
    with caplog.at_level(logging.WARNING):
        assert client.post(f"/api/v1/ticket/{ticket.id}/release").status_code == 403
    assert any(f"refused user {other.id}" in text for text in caplog.messages)


@pytest.mark.parametrize("path", ["/", "/tickets/inbox", "/settings/", "/users/list/", "/nothing"])
def test_every_page_has_the_way_out(client: FlaskClient, administrator: Staff, path: str) -> None:
    assert 'action="/logout/"' in client.get(path).text


def test_texts_inside_a_page_cannot_end_their_script(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("views.shell.catalogue", lambda: {"</script><b>": "<!--"})
    monkeypatch.setitem(app.extensions, "hd_texts", {})
    with app.test_request_context("/"):
        assert "<" not in Shell().texts


def test_what_is_typed_is_decoded_once(client: FlaskClient, administrator: Staff) -> None:
    page = client.get("/clients/?q=%253Cb%253E").text
    assert "%3Cb%3E" in page
    assert "<b>" not in page


def test_each_signing_in_gets_a_session_of_its_own(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    person.password = generate_password_hash("a long one 12")
    keys = []
    for _time in range(2):
        with client.session_transaction() as cookie:
            cookie[sessions.KEY] = "chosen by a stranger"
        typed = {"username": person.username, "password": "a long one 12"}
        assert client.post("/login/", data=typed).status_code == 302
        with client.session_transaction() as cookie:
            keys.append(cookie[sessions.KEY])
        client.post("/logout/")
    assert len({*keys, "chosen by a stranger"}) == 3


def test_administrator_sets_no_short_password(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    new: dict[str, Any] = {
        "first_name": "Ivan", "last_name": "Short", "username": "ivan.short", "email": "i@firm.example",
        "active": "y", "locale": "uk", "sign_in_way": "local", "roles": [administrator.roles[0].id],
    }  # fmt: skip
    client.post("/users/add", data={**new, "password": "9 letters", "conf_password": "9 letters"})
    assert session.scalars(select(Staff).where(Staff.username == "ivan.short")).first() is None
    long = "слова " * 11  # 66 letters of any kind
    client.post("/users/add", data={**new, "password": long, "conf_password": long})
    made = session.scalars(select(Staff).where(Staff.username == "ivan.short")).one()
    method = client.application.config["FAB_PASSWORD_HASH_METHOD"]  # a cheap one here, see test_config
    assert made.password.startswith(f"{method}$")
    assert check_password_hash(made.password, long)


def test_old_password_goes_on_working(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    person.password = generate_password_hash("a long one 12")
    person.created_on = person.changed_on = datetime(2001, 1, 1)  # noqa: DTZ001 - FAB's columns have no zone
    typed = {"username": person.username, "password": "a long one 12"}
    answer = client.post("/login/", data=typed)
    assert (answer.status_code, answer.location) == (302, "/")


def test_password_boxes_hide_what_is_typed_and_let_managers_fill_them(
    client: FlaskClient, session: Session
) -> None:
    page = client.get("/login/").text
    assert 'type="password"' in page
    assert 'autocomplete="off"' not in page.lower()
    assert "onpaste" not in page.lower()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ],
)
def test_web_server_refuses_a_request_with_two_ends(head: bytes) -> None:
    sent = b"POST / HTTP/1.1\r\nHost: help.example\r\n" + head + b"\r\n0\r\n\r\n"
    with pytest.raises(ParseException):
        next(RequestParser(Config(), iter([sent]), ("127.0.0.1", 1)))
