"""Failures to sign in are limited: per account and address, at both doors, behind a proxy, without Redis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from tests.support.databases import Place
from tests.support.domain import by_api, by_form
from tests.support.factories import make_user
from tests.support.servers import free_port

PASSWORD = "correct horse"
LIMITS = {
    "SIGN_IN_LIMIT": "3 per minute",
    "SIGN_IN_ACCOUNT_LIMIT": "5 per minute",
    "SIGN_IN_ADDRESS_LIMIT": "8 per minute",
}


def limited(place: Place, **more: Any) -> Iterator[Flask]:
    """An application of its own with limits, behind one proxy, on a database of its own."""
    from app.extensions import db, redis
    from app.factory import create_app

    on = {"AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True, "TRUSTED_PROXIES": 1}
    url = place.new_database("sqlite")
    application = create_app(place.settings(url, **on, **LIMITS, **more))
    with application.app_context():
        redis().flushdb()
        people(db.session())
        yield application
        db.session.remove()
        db.engine.dispose()
        redis().flushdb()


def people(session: Session) -> None:
    """Three people with passwords."""
    for name in ("olena", "taras", "ivan"):
        hashed = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
        make_user(session, name).password = hashed
    session.commit()


@pytest.fixture
def limits(place: Place) -> Iterator[Flask]:
    """With Redis."""
    yield from limited(place)


@pytest.fixture
def alone(place: Place) -> Iterator[Flask]:
    """Redis is away: the process counts for itself."""
    yield from limited(place, RATELIMIT_STORAGE_URI=f"redis://127.0.0.1:{free_port()}/0")


def door(application: Flask, address: str) -> FlaskClient:
    """A browser whose requests come through the proxy from this address."""
    client = application.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = address
    return client


def fails(client: FlaskClient, login: str, count: int) -> list[int]:
    """So many wrong passwords, at both doors in turn."""
    return [(by_form if number % 2 else by_api)(client, login, "no").status_code for number in range(count)]


def test_m06_page_and_api_share_one_allowance_and_a_name_written_otherwise_is_the_same(limits: Flask) -> None:
    client = door(limits, "10.0.0.1")
    assert fails(client, "olena", 2) == [401, 401]
    assert fails(client, "FIRM\\Olena", 1) == [401]
    for login in ("olena", "OLENA@firm.test", " olena "):
        assert by_form(client, login, PASSWORD).status_code == 429
        assert by_api(client, login, PASSWORD).status_code == 429
    assert by_form(client, "taras", PASSWORD).status_code == 302


def test_m07_staff_behind_one_proxy_do_not_use_up_each_others_allowance(limits: Flask) -> None:
    assert fails(door(limits, "10.0.0.1"), "olena", 4)[-1] == 429
    assert by_form(door(limits, "10.0.0.2"), "olena", PASSWORD).status_code == 302
    assert by_form(door(limits, "10.0.0.1"), "taras", PASSWORD).status_code == 302


def test_m07_good_sign_ins_use_nothing_up(limits: Flask) -> None:
    for _number in range(12):
        assert by_api(door(limits, "10.0.0.1"), "olena", PASSWORD).status_code == 200


def test_one_account_is_limited_from_many_addresses(limits: Flask) -> None:
    answers = [fails(door(limits, f"10.0.1.{number}"), "olena", 1)[0] for number in range(7)]
    assert answers == [401] * 5 + [429] * 2


def test_one_address_is_limited_over_many_accounts(limits: Flask) -> None:
    answers = [fails(door(limits, "10.0.0.1"), f"nobody{number}", 1)[0] for number in range(10)]
    assert answers == [401] * 8 + [429] * 2
    assert by_form(door(limits, "10.0.0.2"), "olena", PASSWORD).status_code == 302


def test_whoever_comes_back_from_a_service_uses_up_his_address_alone(place: Place) -> None:
    remote = {
        "client_id": "x",
        "client_secret": "y",
        "authorize_url": "https://a",
        "access_token_url": "https://a",
    }
    service = {"name": "x", "remote_app": remote}
    for application in limited(place, OAUTH_PROVIDERS=[service], SAML_PROVIDERS=[service]):
        client, other = door(application, "10.0.0.1"), door(application, "10.0.0.2")
        back = ["/oauth-authorized/x?state=s&code=c", "/saml/finish/x"]
        answers = [client.get(back[number % 2]).status_code for number in range(10)]
        assert answers == [401] * 8 + [429] * 2
        assert client.get("/login/").status_code == 200
        assert by_form(client, "olena", PASSWORD).status_code == 429
        for _number in range(10):
            assert other.post("/saml/acs/", data={"SAMLResponse": "x"}).status_code == 303
        assert other.get(back[0]).status_code == 401
        assert by_form(other, "olena", PASSWORD).status_code == 302


def test_without_redis_the_process_counts_for_itself(alone: Flask) -> None:
    client = door(alone, "10.0.0.1")
    answers = fails(client, "olena", 5)
    assert answers[:3] == [401] * 3
    assert answers[-1] == 429
    assert by_form(client, "taras", PASSWORD).status_code == 302
