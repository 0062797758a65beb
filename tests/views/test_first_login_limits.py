"""The first login's own brakes: so many per address, so few per mailbox, and never without a token."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db, queue, redis
from tests.support.databases import Place


@pytest.fixture
def limited(place: Place) -> Flask:
    """An application with its limits on, as in production."""
    from app.factory import create_app

    url = place.new_database("sqlite")
    settings = {
        "AUTH_RATE_LIMITED": True,
        "RATELIMIT_ENABLED": True,
        "LETTERS_LIMIT": "3 per hour",
        "FIRST_LOGIN_LIMIT": "8 per minute",
    }
    return create_app(place.settings(url, **settings))


def ask(client: FlaskClient, login: str, address: str) -> int:
    environment = {"REMOTE_ADDR": address}
    return client.post("/first-login/", data={"login": login}, environ_base=environment).status_code


def test_one_mailbox_gets_few_letters_however_the_login_is_written(limited: Flask) -> None:
    with limited.app_context():
        redis().flushdb()
        client = limited.test_client()
        written = ["olena", "Olena", "FIRM\\olena", " OLENA ", "olena"]
        answers = [ask(client, login, f"10.0.0.{number}") for number, login in enumerate(written)]
        assert answers == [200, 200, 200, 429, 429]
        assert ask(client, "ivan", "10.0.0.1") == 200
        assert [job.args[0] for job in queue().jobs] == ["olena", "olena", "olena", "ivan"]
        db.engine.dispose()


def test_one_address_cannot_try_many_logins_or_links(limited: Flask) -> None:
    with limited.app_context():
        redis().flushdb()
        client = limited.test_client()
        answers = [ask(client, f"user{number}", "10.0.0.1") for number in range(10)]
        assert answers == [200] * 8 + [429] * 2
        assert ask(client, "user99", "10.0.0.2") == 200
        links = [
            client.post(f"/first-login/{number}", environ_base={"REMOTE_ADDR": "10.0.0.3"}).status_code
            for number in range(10)
        ]
        assert links == [404] * 8 + [429] * 2
        assert client.get("/first-login/x", environ_base={"REMOTE_ADDR": "10.0.0.3"}).status_code == 404
        db.engine.dispose()


@pytest.mark.parametrize("path", ["/first-login/", "/first-login/x", "/access/white-list/rules"])
@pytest.mark.database("sqlite", reason="refused before the database")
def test_nothing_is_sent_without_a_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert client.post(path, data={"login": "olena"}).status_code == 400
    assert queue().jobs == []
