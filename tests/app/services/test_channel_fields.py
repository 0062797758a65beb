"""What may be typed into the settings of a channel, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.notify.channels.base import Channel
from app.notify.channels.email import EmailChannel
from app.notify.channels.own import OwnChannel
from app.notify.channels.push import PushChannel
from app.notify.channels.sms import SmsChannel
from app.notify.sms.presets import preset_values, presets
from app.services.channel_fields import clean_values, needed_fields, secret_problem

pytestmark = pytest.mark.database("sqlite", reason="nothing here asks the database")

MAIL = {"host": "mail.corp.example", "port": "587", "protection": "tls", "sender": "h@corp.example"}
HTTP = {"way": "http", "method": "POST", "body": "form", "url": "https://sms.example/send", "region": "ua"}
HTTP |= {"most_parts": "3", "cap_person": "5", "cap_all": "9", "price": "0,85"}


def wrong(channel: type[Channel], typed: dict[str, str], **more: str) -> set[str]:
    """The names of the fields that are refused."""
    return set(clean_values(channel, {**typed, **more}, {})[1])


def test_good_settings_are_read_with_their_kinds(app: Flask) -> None:
    values, refused = clean_values(SmsChannel, {**HTTP, "cap_person": "", "is_encrypted": "1"}, {})
    assert refused == {}
    assert (values["most_parts"], values["cap_person"], values["price"]) == (3, 30, "0.85")
    assert "password" not in values


BAD: list[tuple[type[Channel], dict[str, str], str, str]] = [
    *[(EmailChannel, MAIL, "port", one) for one in ("0", "65536", "x", "-1", "5.5", "٣")],
    *[(EmailChannel, MAIL, "host", one) for one in ("https://mail", "a b", "mail/x", "user@mail")],
    (EmailChannel, MAIL, "protection", "rot13"),
    (EmailChannel, MAIL, "protection", ""),
    (EmailChannel, MAIL, "sender", "nobody"),
    (EmailChannel, MAIL, "ca_file", "/no/such/file.pem"),
    (EmailChannel, MAIL, "ca_file", "/dev/null"),
    (EmailChannel, MAIL, "user", "x" * 1001),
    *[(SmsChannel, HTTP, "url", one) for one in ("ftp://x", "sms.example", "https://", "http://[::1")],
    *[(SmsChannel, HTTP, name, "(") for name in ("success", "refusal", "number")],
    (SmsChannel, HTTP, "number", "id: 7"),
    (SmsChannel, HTTP, "region", "Ukraine"),
    (SmsChannel, HTTP, "region", "ZZ"),
    (SmsChannel, HTTP, "fields", "phone {to}"),
    (SmsChannel, HTTP, "sender", "a very long name"),
    *[(SmsChannel, HTTP, "price", one) for one in ("x", "-1", "NaN", "1e9", "Infinity")],
    (SmsChannel, HTTP, "most_parts", "11"),
    (PushChannel, {"contact": "x@corp.example"}, "hosts", "https://push.example"),
    (PushChannel, {}, "contact", "nobody"),
    (OwnChannel, {}, "schemes", "tgram://"),
]


@pytest.mark.parametrize(("channel", "good", "name", "value"), BAD)
def test_bad_value_is_refused_at_its_field_alone(
    app: Flask, channel: type[Channel], good: dict[str, str], name: str, value: str
) -> None:
    assert wrong(channel, good) == set()
    assert wrong(channel, good, **{name: value}) == {name}


def test_fields_of_another_way_are_not_looked_at_and_stay(app: Flask) -> None:
    typed = {"way": "smpp", "host": "smsc.example", "port": "2775", "region": "UA", "url": "nonsense"}
    values, refused = clean_values(SmsChannel, typed, {"url": "https://kept.example", "method": "GET"})
    assert refused == {}
    assert (values["url"], values["method"], values["host"]) == (
        "https://kept.example",
        "GET",
        "smsc.example",
    )
    assert needed_fields(SmsChannel, "smpp") == {"host"}
    assert needed_fields(SmsChannel, "apprise") == {"apprise"}


@pytest.mark.parametrize("secret", ["x" * 2001, "two\nlines", "nonsense", "http://"])
def test_bad_apprise_address_is_refused(app: Flask, secret: str) -> None:
    assert secret_problem(SmsChannel, "apprise", secret)
    assert secret_problem(SmsChannel, "apprise", "d7sms://token@{to}") == ""


@pytest.mark.parametrize("name", list(presets()))
def test_preset_fills_a_form_that_can_be_saved(app: Flask, name: str) -> None:
    filled: dict[str, Any] = preset_values(name)
    assert {"url", "fields", "success"} <= set(filled)
    assert wrong(SmsChannel, HTTP, **filled) == set()
    assert preset_values("nothing") == {}
