"""A token that was not made here, for this, and lately, opens nothing."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from tests.support.factories import make_department, make_user

PASSWORD = "a long one 12"
Tokens = dict[str, str]


@pytest.fixture
def tokens(client: FlaskClient, session: Session) -> Tokens:
    person = make_user(session, employee_of=[make_department(session)])
    person.password = generate_password_hash(PASSWORD)
    sent = {"username": person.username, "password": PASSWORD, "provider": "db", "refresh": True}
    answer: Any = client.post("/api/v1/security/login", json=sent)
    return dict(answer.json)


def status(client: FlaskClient, token: str) -> int:
    return client.get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}).status_code


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_token_of_another_key_or_algorithm_opens_nothing(
    app: Flask, client: FlaskClient, tokens: Tokens
) -> None:
    key, claims = app.config["SECRET_KEY"], claims_of(tokens["access_token"])
    assert jwt.get_unverified_header(tokens["access_token"])["alg"] == "HS256"
    assert status(client, jwt.encode(claims, key, "HS256")) == 200
    others = [
        jwt.encode(claims, "another key, as long as it has to be", "HS256"),
        jwt.encode(claims, key.ljust(64, "x"), "HS512"),
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, "of a stranger " * 3, "HS256", {"jku": "https://evil.example", "kid": "../x"}),
    ]
    assert {status(client, token) for token in others} == {401}


def test_token_is_worth_something_in_its_time_only(app: Flask, client: FlaskClient, tokens: Tokens) -> None:
    claims, now = claims_of(tokens["access_token"]), int(time.time())
    assert claims["exp"] - claims["iat"] == 15 * 60
    for late in ({"exp": now - 60}, {"nbf": now + 600}):
        assert status(client, jwt.encode({**claims, **late}, app.config["SECRET_KEY"], "HS256")) == 401


def test_refresh_token_is_no_access_token_and_the_other_way_round(
    client: FlaskClient, tokens: Tokens
) -> None:
    assert status(client, tokens["refresh_token"]) == 401
    assert status(client, tokens["access_token"]) == 200
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.post("/api/v1/security/refresh", headers=headers).status_code == 401


def test_token_without_its_session_opens_nothing(app: Flask, client: FlaskClient, tokens: Tokens) -> None:
    claims = claims_of(tokens["access_token"])
    for missing in ("seal", "sign_in"):
        less = {name: value for name, value in claims.items() if name != missing}
        assert status(client, jwt.encode(less, app.config["SECRET_KEY"], "HS256")) == 401
