"""The screens of the channels: for administrators, with nothing lost and no secret shown."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.notify import health
from app.services.channel_settings import is_hook_secret, stored_channel
from models import Staff
from tests.support.channels import courier_of, do_trials, recording_channel, switch_on
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PAGE = "/notify/channels/"
SECRET = "S3cret-of-the-sender"
MAIL = {
    "host": "mail.corp.example",
    "port": "587",
    "protection": "tls",
    "user": "helpdesk",
    "sender": "helpdesk@corp.example",
    "is_on": "1",
    "version": "0",
}
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in administrator."""
    person = make_user(session, "boss", administrator=True)
    sign_in(client, person)
    return person


def save(client: FlaskClient, **values: str) -> Any:
    return client.post(f"{PAGE}email", data={**MAIL, **values})


def test_administrator_sees_all_channels_and_how_they_fare(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    switch_on(session, "email", **{"console": True})
    for _time in range(2):
        health.has_failed(session, "sms", "gaierror")
    session.commit()
    client.get(PAGE)
    with count_queries() as sent:
        page = client.get(PAGE).text
    assert len(sent) <= 9, str(sent)
    assert "only writes to the log" in page
    assert "failing since" in page
    assert "No server of this name is known." in page
    assert page.count("never used") == 4


def test_administrator_saves_and_sees_everything_again_but_the_secret(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    answer = save(client, password=SECRET)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}email")
    client.get(f"{PAGE}email")
    with count_queries() as sent:
        page = client.get(f"{PAGE}email").text
    assert len(sent) <= 11, str(sent)
    assert 'value="mail.corp.example"' in page
    assert 'id="protection-tls" value="tls" checked' in page
    assert 'name="version" value="1"' in page
    assert "It is stored; leave this empty to keep it." in page
    assert SECRET not in page
    assert stored_channel(session, "email").settings.text("password") == SECRET


def test_wrong_field_is_named_and_what_was_typed_stays(client: FlaskClient, boss: Staff) -> None:
    answer = save(client, port="99999", host="my host", sender="x@corp.example", password=SECRET)
    assert answer.status_code == 422
    assert 'value="99999"' in answer.text
    assert 'value="my host"' in answer.text
    assert 'value="x@corp.example"' in answer.text
    assert "Write a number from 1 to 65535." in answer.text
    assert 'href="#host"' in answer.text
    assert SECRET not in answer.text


def test_later_administrator_is_told_who_was_faster_and_loses_nothing(
    client: FlaskClient, session: Session, boss: Staff
) -> None:
    save(client, port="25")
    answer = save(client, port="26", password=SECRET)
    assert answer.status_code == 409
    assert "Someone was faster." in answer.text
    assert boss.full_name in answer.text
    assert 'value="26"' in answer.text
    assert "Now stored: 25" in answer.text
    assert 'name="version" value="1"' in answer.text
    assert stored_channel(session, "email").settings.number("port") == 25


def test_preset_fills_the_form_and_saves_nothing(client: FlaskClient, session: Session, boss: Staff) -> None:
    page = client.get(f"{PAGE}sms?from=vonage").text
    assert 'value="https://rest.nexmo.com/sms/json"' in page
    assert "api_secret={password}" in page
    assert stored_channel(session, "sms").version == 0
    assert "rest.nexmo.com" not in client.get(f"{PAGE}sms?from=nothing").text


def test_settings_of_the_environment_are_told_as_such(
    app: Flask, client: FlaskClient, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"host": "env.example", "port": 25, "user": "h", "password": SECRET, "protection": "tls"}
    monkeypatch.setitem(app.config, "MAIL_SERVER", {**server, "ca_file": ""})
    page = client.get(f"{PAGE}email").text
    assert "The environment gives these settings" in page
    assert 'value="env.example"' in page
    assert SECRET not in page
    assert "set by the environment" in client.get(PAGE).text


def test_every_channel_has_a_page(client: FlaskClient, boss: Staff) -> None:
    for name in ("email", "sms", "push", "own"):
        assert client.get(f"{PAGE}{name}").status_code == 200, name


@pytest.mark.parametrize("kind", ["employee", "coordinator"])
def test_others_than_administrators_are_refused(client: FlaskClient, session: Session, kind: str) -> None:
    place: dict[str, Any] = {f"{kind}_of": [make_department(session)]}
    sign_in(client, make_user(session, **place))
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}email").status_code == 403
    for path in ("email", "email/check", "email/test", "sms/hook"):
        assert client.post(f"{PAGE}{path}", data=MAIL).status_code == 403
    assert stored_channel(session, "email").version == 0


def test_unknown_channels_and_wrong_verbs_are_refused(
    app: Flask, client: FlaskClient, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("pigeon", "email%00", "0"):
        assert client.get(f"{PAGE}{path}").status_code == 404
        assert client.post(f"{PAGE}{path}", data=MAIL).status_code == 404
        assert client.post(f"{PAGE}{path}/check").status_code == 404
    assert client.get(f"{PAGE}email/check").status_code == 405
    assert client.delete(f"{PAGE}email").status_code == 405
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert save(client).status_code == 400


def test_test_message_goes_through_the_courier_and_the_page_learns_of_it(
    app: Flask, client: FlaskClient, session: Session, boss: Staff
) -> None:
    with courier_of(app, "email"), recording_channel(session, "email") as post:
        asked = client.post(f"{PAGE}email/test", headers=FRAGMENT).text
        address = asked.partition('hx-get="')[2].partition('"')[0]
        assert "The courier is asked" in client.get(address, headers=FRAGMENT).text
        do_trials("email")
        told = client.get(address, headers=FRAGMENT).text
        assert "It works." in told
        assert "boss@email" in told
        assert "provider-test-" in told
        assert "hx-get" not in told
        assert "It works." in client.get(address).text
        assert len(post.sent) == 1
        sign_in(client, make_user(session))
        assert client.get(address, headers=FRAGMENT).status_code == 404


def test_page_stops_asking_and_says_what_to_look_at(
    app: Flask, client: FlaskClient, session: Session, boss: Staff
) -> None:
    with courier_of(app, "email"), recording_channel(session, "email"):
        asked = client.post(f"{PAGE}email/check", headers=FRAGMENT).text
        address = asked.partition('hx-get="')[2].partition("?")[0]
        assert "turn=30" in client.get(f"{address}?turn=29", headers=FRAGMENT).text
        late = client.get(f"{address}?turn=30", headers=FRAGMENT).text
        assert "no answer after half a minute" in late
        assert "hx-get" not in late


def test_without_a_courier_the_page_says_so(client: FlaskClient, session: Session, boss: Staff) -> None:
    save(client)
    told = client.post(f"{PAGE}email/check", headers=FRAGMENT)
    assert "The courier is not running" in told.text
    plain = client.post(f"{PAGE}email/check", follow_redirects=True)
    assert "The courier is not running" in plain.text


def test_address_of_the_gateway_is_shown_once(
    app: Flask, client: FlaskClient, session: Session, boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Save the settings first" in client.post(f"{PAGE}sms/hook", follow_redirects=True).text
    switch_on(session, "sms", url="https://sms.example/")
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://h.example")
    page = client.post(f"{PAGE}sms/hook").text
    secret = page.partition("https://h.example/hooks/sms/")[2].partition("/")[0]
    assert is_hook_secret(session, secret)
    again = client.get(f"{PAGE}sms").text
    assert secret not in again
    assert "A new one ends the old one." in again
