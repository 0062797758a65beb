"""The HTTP gateway: what is sent, and how each answer is understood. A real server on a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.notify.channels.base import Permanent, Temporary
from app.notify.sms import gateway as gateways
from app.notify.sms.gateway import Gateway, post
from tests.support.servers import free_port
from tests.support.sms_gateway import Gateway as Server
from tests.support.sms_gateway import sms_gateway

WORDS = {"to": "+380671234567", "text": "Заявка №5 & ще", "key": "k1", "token": "secret", "sender": "IT"}
FIELDS = "phone={to}\nmessage={text}\nclient_id={key}\nfrom={sender}\nbroken line"


@pytest.fixture(scope="module")
def _server() -> Iterator[Server]:
    with sms_gateway() as server:
        yield server


@pytest.fixture
def server(_server: Server) -> Server:
    """The gateway, with nothing of an earlier test."""
    _server.asked.clear()
    _server.answers.clear()
    _server.drip = 0.0
    return _server


def test_form_fields_carry_the_message_and_its_key(server: Server) -> None:
    receipt = post(
        Gateway(server.url + "/send", fields=FIELDS, headers="X-Key={token}", number=r"id: (\d+)"), WORDS
    )
    asked = server.asked[0]
    assert receipt.provider_id == "77"
    assert asked.fields == {
        "phone": "+380671234567",
        "message": "Заявка №5 & ще",
        "client_id": "k1",
        "from": "IT",
    }
    assert (asked.method, asked.headers["X-Key"]) == ("POST", "secret")


def test_json_and_address_carry_it_too(server: Server) -> None:
    post(Gateway(server.url, body="json", fields=FIELDS), WORDS)
    assert json.loads(server.asked[0].body)["message"] == "Заявка №5 & ще"
    post(Gateway(server.url + "/{token}?to={to}&text={text}", method="GET", body="query"), WORDS)
    assert (server.asked[1].path, server.asked[1].fields["text"]) == ("/secret", "Заявка №5 & ще")


REFUSED = [
    ((400, {}, "bad number"), Permanent),
    ((301, {"Location": "http://127.0.0.1:1/"}, ""), Permanent),
    ((200, {}, "ERROR 5: wrong number"), Permanent),
    ((200, {}, "<html>Welcome!</html>"), Temporary),
    ((401, {}, ""), Temporary),
    ((503, {}, ""), Temporary),
]


@pytest.mark.parametrize(("answer", "error"), REFUSED)
def test_every_answer_but_a_yes_is_a_failure_of_its_kind(
    server: Server, answer: tuple[int, dict[str, str], str], error: type[Exception]
) -> None:
    server.answers = [answer]
    with pytest.raises(error):
        post(Gateway(server.url, fields=FIELDS, success=r"200 OK", refusal=r"ERROR \d"), WORDS)
    assert len(server.asked) == 1  # a redirect is not followed


def test_busy_gateway_says_when_to_come_again(server: Server) -> None:
    server.answers = [(429, {"Retry-After": "120"}, "")]
    with pytest.raises(Temporary) as caught:
        post(Gateway(server.url, fields=FIELDS), WORDS)
    assert caught.value.retry_after == timedelta(minutes=2)


def test_secrets_stand_in_no_error(server: Server) -> None:
    with pytest.raises(Temporary) as caught:
        post(Gateway(f"http://127.0.0.1:{free_port()}/{{token}}", fields=FIELDS), WORDS)
    assert "secret" not in str(caught.value)


def test_dripping_gateway_is_given_up_in_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "ALTOGETHER", 0.3)
    server.drip, server.answers = 0.05, [(200, {}, "x" * 40)]
    with pytest.raises(Temporary, match="no answer in time"):
        post(Gateway(server.url, fields=FIELDS), WORDS)


def test_endless_answer_is_read_only_so_far(server: Server) -> None:
    server.answers = [(200, {}, "OK " + "x" * 300_000)]
    assert post(Gateway(server.url, fields=FIELDS, success="200 OK"), WORDS).provider_id == ""
