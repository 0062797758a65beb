"""Guessing codes and passwords ends soon: refusals use an allowance up, and the code shares the sign-in's."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash

from app.extensions import db
from app.factory import create_app
from app.security import second_factor
from tests.support.codes import code_of, enrol
from tests.support.databases import Place
from tests.support.factories import make_user
from tests.support.signing import sign_in

PASSWORD = "correct horse"


def type_password(client: FlaskClient) -> Any:
    """The first step."""
    return client.post("/login/", data={"username": "olena", "password": PASSWORD})


def redis_of(app: Flask) -> Any:
    """The Redis in which the allowances are kept."""
    return app.extensions["redis"]


def test_codes_share_the_allowance_of_the_sign_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = place.settings(place.new_database("sqlite"))
    app = create_app({**settings, "AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True})
    monkeypatch.setattr(second_factor, "MOST_FAILURES", 1000)
    with app.app_context():
        person = make_user(db.session(), "olena")
        person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
        secret, _codes = enrol(db.session(), person)
        db.session.remove()
    redis_of(app).flushdb()
    browser, other = app.test_client(), app.test_client()
    assert type_password(browser).status_code == 302
    statuses = [browser.post("/login/code", data={"code": "zzz"}).status_code for _time in range(11)]
    assert statuses == [401] * 10 + [429]
    assert browser.post("/login/code", data={"code": code_of(secret)}).status_code == 429
    assert type_password(other).status_code == 429, "the same person from the same address"
    with app.app_context():
        db.engine.dispose()


def test_open_browser_does_not_let_anybody_try_passwords_for_long(place: Place) -> None:
    settings = place.settings(place.new_database("sqlite"))
    app = create_app({**settings, "AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True})
    browser = app.test_client()
    with app.app_context():
        person = make_user(db.session(), "olena")
        person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
        db.session.commit()
        sign_in(browser, person)
        db.session.remove()
    redis_of(app).flushdb()
    data = {"old_password": "guess", "new_password": "battery staple", "again": "battery staple"}
    statuses = [browser.post("/settings/password", data=data).status_code for _time in range(11)]
    assert statuses == [422] * 10 + [429]
    assert browser.get("/settings/").status_code == 200
    with app.app_context():
        db.engine.dispose()
