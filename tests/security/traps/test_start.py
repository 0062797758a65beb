"""What the settings allow before anything is served: secrets, proxies, names, sizes (M7, M9, M14, M22)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.security import generate_password_hash
from werkzeug.test import encode_multipart

from app.extensions import db, socketio
from app.factory import _origins, create_app
from config import ConfigError, load
from tests.support.databases import Place
from tests.support.factories import make_department, make_user
from tests.support.signing import sign_in

GOOD = "q7J_vB2xN8sKd41LmZ0tYw5RfHcEgUaPiOo3"
MEGABYTE = 1024 * 1024
Make = Callable[..., Flask]


@pytest.fixture
def make(place: Place) -> Iterator[Make]:
    """Makes an application with settings as of an environment."""
    made: list[Flask] = []

    def create(**env: str) -> Flask:
        given = load({"HELPDESK_VAR": str(place.folder / "var"), **env})
        application = create_app({**given, **place.settings(place.new_database("sqlite"))})
        application.add_url_rule("/seen", "seen", lambda: jsonify(seen_by_us()))
        made.append(application)
        return application

    yield create
    for application in made:
        with application.app_context():
            db.engine.dispose()


def seen_by_us() -> dict[str, Any]:
    """What the application takes for the visitor's address and its own."""
    return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host}


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "q7J_vB2xN8sKd41LmZ0tYw5RfHcEgUa",
        "x" * 64,
        "0123456701234567012345670123456701234567",
        "please-change-me-please-change-me-please",
        "CHANGEME-0192837465-CHANGEME-0192837465",
        "your-secret-key-your-secret-key-your-secret",
        "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h and more",
        "my default password of the helpdesk, long",
    ],
)
def test_nothing_starts_with_a_weak_or_default_secret(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY: write at least 32 random"):
        load({"HELPDESK_VAR": str(tmp_path), "SECRET_KEY": key})
    assert load({"HELPDESK_VAR": str(tmp_path), "SECRET_KEY": GOOD})["SECRET_KEY"] == GOOD


@pytest.mark.parametrize("kept", ["", "short\n", "a" * 50])
def test_nothing_starts_with_a_spoilt_secret_of_its_own(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(ConfigError, match="delete the file"):
        load({"HELPDESK_VAR": str(tmp_path)})


@pytest.mark.parametrize("host", ["*", "https://help.example", "help.example/path", "a b", "help_desk!"])
def test_m09_wrong_host_in_the_list_is_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="HELPDESK_HOSTS"):
        load({"HELPDESK_VAR": str(tmp_path), "HELPDESK_HOSTS": f"help.example,{host}"})


FORWARDED = {
    "X-Forwarded-For": "6.6.6.6, 10.0.0.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


def test_m07_nobody_names_his_own_address_unless_a_proxy_is_trusted(make: Make) -> None:
    direct: Any = make().test_client().get("/seen", headers=FORWARDED).json
    assert direct == {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}
    proxied: Any = make(HELPDESK_TRUSTED_PROXIES="1").test_client().get("/seen", headers=FORWARDED).json
    assert proxied == {"address": "10.0.0.7", "scheme": "https", "host": "evil.example"}, (
        "the last hop's word"
    )


def test_m09_no_other_name_is_answered(make: Make) -> None:
    app = make(HELPDESK_HOSTS="help.example", HELPDESK_TRUSTED_PROXIES="1")
    for path in ("/login/", "/static/favicon.ico", "/api/v1/me/", "/console/", "/nothing"):
        assert app.test_client().get(path, base_url="http://evil.example").status_code == 400, path
        named = app.test_client().get(path, base_url="http://help.example", headers=FORWARDED)
        assert named.status_code == 400, path
        assert app.test_client().get(path, base_url="http://help.example").status_code != 400, path


def test_m09_a_host_header_sends_nobody_who_signs_in_elsewhere(make: Make) -> None:
    app = make(HELPDESK_URL="https://help.example")
    with app.app_context():
        make_user(db.session(), "olena").password = generate_password_hash("a long one 12")
        db.session.commit()
        db.session.remove()
    answer = app.test_client().post(
        "/login/?next=http://evil.example/",
        base_url="http://evil.example",
        data={"username": "olena", "password": "a long one 12"},
    )
    assert answer.status_code == 302
    assert "evil" not in answer.location


@pytest.mark.parametrize(
    ("settings", "environ", "is_let_in"),
    [
        ({}, {"HTTP_HOST": "help.example"}, True),
        ({}, {"HTTP_HOST": "other.example"}, False),
        ({}, {"HTTP_HOST": "other.example", "HTTP_X_FORWARDED_HOST": "help.example"}, False),
        ({"TRUSTED_PROXIES": 1}, {"HTTP_HOST": "in", "HTTP_X_FORWARDED_HOST": "help.example"}, True),
        ({"TRUSTED_PROXIES": 1}, {"HTTP_HOST": "in", "HTTP_X_FORWARDED_HOST": "help.example, in"}, False),
        ({"TRUSTED_PROXIES": 2}, {"HTTP_HOST": "in", "HTTP_X_FORWARDED_HOST": "help.example, in"}, True),
        ({"TRUSTED_PROXIES": 2}, {"HTTP_HOST": "in", "HTTP_X_FORWARDED_HOST": "help.example"}, False),
        ({}, {}, False),
    ],
)
def test_m14_a_socket_comes_from_the_page_of_the_same_host(
    app: Flask, settings: dict[str, Any], environ: dict[str, str], is_let_in: bool
) -> None:
    asked = Flask("a")
    asked.config.update({"HTTPS": False, "TRUSTED_PROXIES": 0, "ALLOWED_HOSTS": [], **settings})
    is_own = _origins(asked)
    assert callable(is_own)
    assert is_own("http://help.example", environ) is is_let_in
    assert is_own("https://help.example", environ) is False
    asked.config["HTTPS"] = True
    behind_tls: Any = _origins(asked)
    assert behind_tls("https://help.example", environ) is is_let_in


def test_m14_socket_io_asks_us_for_the_origin(app: Flask) -> None:
    server: Any = socketio.server
    assert callable(server.eio.cors_allowed_origins)


def test_m22_requests_are_capped_by_what_they_are(make: Make) -> None:
    app = make(HELPDESK_MAX_UPLOAD_MB="3")
    assert app.config["MAX_CONTENT_LENGTH"] == 3 * MEGABYTE
    browser = app.test_client()
    with app.app_context():
        boss = make_user(db.session(), coordinator_of=[make_department(db.session())])
        db.session.commit()
        sign_in(browser, boss)
        db.session.remove()
    text = "x" * (2 * MEGABYTE + 1)
    assert browser.post("/tickets/new", data={"body": text}).status_code == 413
    assert browser.post("/api/v1/ticket/", json={"body": text}).status_code == 413
    assert browser.post("/api/v1/ticket/", data=text, content_type="text/plain").status_code == 413
    assert app.test_client().post("/api/v1/security/login", json={"username": text}).status_code == 413
    for size, statuses in ((4 * MEGABYTE, {413}), (2 * MEGABYTE + 1, {302, 303})):
        # written out here: the client of the tests leaves its temporary file open
        book = FileStorage(io.BytesIO(b"x" * size), "book.csv")
        boundary, body = encode_multipart({"mode": "balanced", "book": book})
        kind = f"multipart/form-data; boundary={boundary}"
        assert browser.post("/client-base/imports", data=body, content_type=kind).status_code in statuses


def test_m22_a_text_is_no_longer_than_its_limit(client: FlaskClient, session: Session) -> None:
    department = make_department(session)
    sign_in(client, make_user(session, employee_of=[department], administrator=True))
    text = "x" * 150_000
    for path, body in (
        ("/api/v1/ticket/", {"client_id": 1, "department_id": department.id, "body": text}),
        ("/api/v1/ticket/1/comment", {"body": text}),
        ("/api/v1/security/users/", {"username": text, "email": text, "first_name": text}),
        ("/api/v1/security/groups/", {"name": text}),
        ("/api/v1/security/roles/", {"name": text}),
        ("/api/v1/security/api_keys/", {"name": text}),
        ("/api/v1/security/resources/", {"name": text}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code in {400, 403, 404, 405, 422}, (path, answer.status_code)
    for path in ("/departments/add", "/topics/add", "/units/add", "/users/add", "/groups/add", "/roles/add"):
        answer = client.post(path, data={"name": text, "username": text, "label": text})
        assert answer.status_code == 200, path
        assert text not in client.get(path.replace("add", "list/")).text, path
