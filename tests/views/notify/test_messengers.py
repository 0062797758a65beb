"""One's own messengers and browsers on screen: nobody else's, and no address ever shown."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.notify.channels.push import public_key
from app.services.browsers import mark_of
from models import OwnAddress, PushSubscription, Staff
from tests.support.channels import courier_of, do_trials, recording_channel, switch_on
from tests.support.factories import make_department, make_user
from tests.support.push import ENDPOINT, TELEGRAM, browser_keys
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/settings/messengers"
PUSH = "/settings/push"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def person(client: FlaskClient, session: Session) -> Staff:
    """A signed-in employee."""
    person = make_user(session, "olena", employee_of=[make_department(session)])
    sign_in(client, person)
    return person


def add(client: FlaskClient, name: str = "My Telegram", address: str = TELEGRAM) -> Any:
    return client.post(PAGE, data={"messenger_name": name, "messenger_address": address})


def subscribe(client: FlaskClient, endpoint: str = ENDPOINT) -> Any:
    point, auth = browser_keys()
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/140.0"}
    return client.post(PUSH, data={"endpoint": endpoint, "p256dh": point, "auth": auth}, headers=agent)


def first(session: Session, table: type[Any]) -> Any:
    return session.scalars(select(table)).one()


def test_person_keeps_a_messenger_and_never_sees_its_address_again(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    assert add(client).status_code == 303
    subscribe(client)
    client.get(PAGE)
    with count_queries() as sent:
        page = client.get(PAGE).text
    assert len(sent) <= 11, str(sent)
    assert "My Telegram" in page
    assert "987654321" not in page.partition("<details>")[0]
    assert 'href="/settings/messengers"' in client.get("/settings/").text


@pytest.mark.parametrize("address", ["nonsense", "json://corp.example/x", "tgram://short"])
def test_refusal_names_the_field_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, person: Staff, address: str
) -> None:
    answer = add(client, "My bot", address)
    assert answer.status_code == 422
    assert 'value="My bot"' in answer.text
    assert f'value="{address}"' in answer.text
    assert 'href="#messenger_address"' in answer.text
    assert session.scalars(select(OwnAddress)).all() == []


def test_person_switches_and_removes_his_own_alone(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    add(client)
    subscribe(client)
    messenger, browser = first(session, OwnAddress).id, first(session, PushSubscription).id
    paths = [f"{PAGE}/{messenger}/{verb}" for verb in ("switch", "test", "remove")]
    paths += [f"{PUSH}/{browser}/{verb}" for verb in ("test", "remove")]
    sign_in(client, make_user(session))
    for path in paths:
        assert client.post(path).status_code == 404, path
    sign_in(client, person)
    client.post(f"{PAGE}/{messenger}/switch", data={"on": ""})
    assert first(session, OwnAddress).is_on is False
    assert client.post(f"{PAGE}/{messenger}/remove").status_code == 303
    assert client.post(f"{PUSH}/{browser}/remove").status_code == 303
    assert session.scalars(select(OwnAddress)).all() == session.scalars(select(PushSubscription)).all() == []


def test_unknown_rows_wrong_verbs_and_missing_tokens_are_refused(
    app: Flask, client: FlaskClient, person: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (f"{PAGE}/999/remove", f"{PAGE}/x/remove", f"{PUSH}/999/test", "/settings/outcome/x"):
        ask = client.get if "outcome" in path else client.post
        assert ask(path).status_code == 404, path
    assert client.get(f"{PAGE}/1/remove").status_code == 405
    assert client.get(PUSH).status_code == 405
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert add(client).status_code == 400
    assert subscribe(client).status_code == 400


def test_stranger_is_sent_to_the_door(client: FlaskClient) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(PUSH).status_code == 401


def test_test_to_an_own_messenger_shows_what_came_of_it(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    add(client)
    number = first(session, OwnAddress).id
    assert "switched this channel on" in client.get(PAGE).text
    with courier_of(app, "own"), recording_channel(session, "own") as post:
        asked = client.post(f"{PAGE}/{number}/test", headers=FRAGMENT).text
        address = asked.partition('hx-get="')[2].partition('"')[0]
        do_trials("own")
        assert "It works." in client.get(address, headers=FRAGMENT).text
        assert [one.to for one in post.sent] == [f"own:{number}"]


def test_browser_is_subscribed_shown_and_unsubscribed(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    answer = subscribe(client)
    assert (answer.status_code, answer.json) == (201, {"mark": mark_of(ENDPOINT)})
    switch_on(session, "push", contact="x@corp.example")
    page = client.get(PAGE).text
    assert f'data-hd-mark="{mark_of(ENDPOINT)}"' in page
    assert f'data-key="{public_key()}"' in page
    assert "Chrome · Linux" in page
    assert ENDPOINT not in page
    assert client.post(f"{PUSH}/off", data={"endpoint": ENDPOINT}).status_code == 204
    assert session.scalars(select(PushSubscription)).all() == []


def test_refused_browser_is_told_in_words(client: FlaskClient, person: Staff) -> None:
    answer = subscribe(client, "https://evil.example/x")
    assert answer.status_code == 422
    assert answer.json is not None
    assert "not allowed here" in answer.json["message"]


def test_signing_out_forgets_the_browser_that_says_so(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    person.password = generate_password_hash("a long one 12", method="pbkdf2:sha256:1000")
    for endpoint in (ENDPOINT, f"{ENDPOINT}2"):
        sign_in(client, person)
        subscribe(client, endpoint)
    client.post("/logout/", data={"push_endpoint": ENDPOINT})
    assert [row.endpoint for row in session.scalars(select(PushSubscription))] == [f"{ENDPOINT}2"]


def test_signing_out_everywhere_forgets_all_browsers(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    subscribe(client)
    client.post("/settings/sessions/end-others")
    assert session.scalars(select(PushSubscription)).all() == []


def test_service_worker_is_served_from_the_root_and_asked_for_anew(client: FlaskClient) -> None:
    with client.get("/sw.js") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
        assert b"notificationclick" in answer.data
    assert client.post("/sw.js").status_code == 405
