"""A refusal tells nothing by its time, its status or its words: a wrong password, no account, a disabled one.

Speed is never asserted elsewhere. Here the floor of a second is measured as production has it
(SIGN_IN_REFUSAL_SECONDS); the work below it is kept small, so that a busy machine does not reach over it.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import mean, median
from typing import Any

import pytest
from flask import Flask
from werkzeug.security import generate_password_hash

import config
from app.extensions import db, redis
from tests.support.databases import Place
from tests.support.domain import by_api, make_domain_user, new_person, set_directory
from tests.support.factories import make_user
from tests.support.samba import Samba

FLOOR = 1.0  # seconds: what config.py has
TOLERANCE = 1.1  # ten hundredths
ROUNDS = 3
PLENTY = "100000 per minute"
WRONG = "Неправильний логін або пароль"
Attempt = tuple[str, float, int, str]
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def application(place: Place) -> Iterator[Flask]:
    """As in production: with the floor, and with limits, which are far away."""
    from app.factory import create_app

    assert config.load()["SIGN_IN_REFUSAL_SECONDS"] == FLOOR
    limits = dict.fromkeys(("SIGN_IN_LIMIT", "SIGN_IN_ACCOUNT_LIMIT", "SIGN_IN_ADDRESS_LIMIT"), PLENTY)
    more = {"AUTH_RATE_LIMITED": True, "RATELIMIT_ENABLED": True, "WTF_CSRF_ENABLED": True}
    cheap = generate_password_hash("password", method="pbkdf2:sha256:1000")
    url = place.new_database("postgres")
    made = create_app(
        place.settings(
            url, SIGN_IN_REFUSAL_SECONDS=FLOOR, AUTH_DB_FAKE_PASSWORD_HASH_CHECK=cheap, **limits, **more
        )
    )
    with made.app_context():
        redis().flushdb()
        session = db.session()
        for login, is_active in (("olena", True), ("taras", False)):
            make_user(session, login, active=is_active).password = cheap
        session.commit()
        yield made
        db.session.remove()
        db.engine.dispose()


class Visitor(threading.local):
    """One browser to each thread, with the page's token."""

    def __init__(self, application: Flask) -> None:
        self.client = application.test_client()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.client.get("/login/").text)
        assert token is not None
        self.token = token[1]

    def by_page(self, login: str) -> Any:
        """Try the page."""
        data = {"username": login, "password": "wrong", "csrf_token": self.token}
        return self.client.post("/login/", data=data)

    def by_api(self, login: str) -> Any:
        """Try the API."""
        return by_api(self.client, login, "wrong")


def measure(application: Flask, door: str, logins: dict[str, str], *, tries: int, at_once: int) -> None:
    """So many tries of every kind of login, mixed, ``at_once`` side by side; compare what they tell.

    A machine that was busy with something else for a moment is measured once more; a difference would stay.
    """
    visitor = Visitor(application)
    for _round in range(ROUNDS):
        found = _attempts(visitor, door, logins, tries, at_once)
        assert {status for _kind, _seconds, status, _body in found} == {401}
        assert len({body for _kind, _seconds, _status, body in found}) == 1
        assert WRONG in found[0][3]
        assert min(seconds for _kind, seconds, _status, _body in found) >= FLOOR
        times = {kind: [one[1] for one in found if one[0] == kind] for kind in logins}
        figures = [{kind: average(times[kind]) for kind in times} for average in (median, mean)]
        if all(max(one.values()) <= min(one.values()) * TOLERANCE for one in figures):
            return
    raise AssertionError(f"median and mean in seconds: {figures}")


def _attempts(visitor: Visitor, door: str, logins: dict[str, str], tries: int, at_once: int) -> list[Attempt]:
    """(kind, seconds, status, body) of every try."""

    def attempt(kind: str) -> Attempt:
        post = getattr(visitor, door)
        began = time.monotonic()
        answer = post(logins[kind])
        seconds = time.monotonic() - began
        return kind, seconds, answer.status_code, plain(answer, logins[kind])

    order = [kind for kind in logins for _try in range(tries)]
    random.Random(7).shuffle(order)
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(attempt, order))


def plain(answer: Any, login: str) -> str:
    """The body without what is never the same twice, and without the login that is typed in still."""
    if answer.is_json:
        return str(answer.json)
    body = re.sub(r'(name="csrf_token"[^>]*value|name="csrf-token" content|nonce)="[^"]*"', "", answer.text)
    return body.replace(login, "(login)")


@pytest.mark.parametrize("door", ["by_page", "by_api"])
def test_wrong_unknown_and_disabled_local_accounts_are_alike_in_time_status_and_body(
    application: Flask, door: str
) -> None:
    logins = {"known": "olena", "unknown": "nobody", "disabled": "taras"}
    measure(application, door, logins, tries=100, at_once=50)


@pytest.mark.parametrize("door", ["by_page", "by_api"])
def test_wrong_unknown_and_disabled_domain_accounts_are_alike_in_time_status_and_body(
    application: Flask, samba: Samba, door: str
) -> None:
    session = db.session()
    set_directory(session, samba.settings())
    people = [new_person(samba) for _number in range(2)]
    for person in people:
        make_domain_user(session, person)
    samba.change(people[1].dn, userAccountControl="514")
    logins = {"known": people[0].login, "unknown": "nobody.at.all", "disabled": people[1].login}
    measure(application, door, logins, tries=6, at_once=4)
