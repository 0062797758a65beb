"""What was typed into a channel's settings, read and checked field by field."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from flask_babel import gettext as _

from app.notify.channels.apprise_way import ensure_usable
from app.notify.channels.base import Channel, ChannelError, Field, FieldKind
from app.notify.mail import is_address
from app.notify.sms.gateway import lines
from app.services.typed import clean_text
from models import ChannelName

LONGEST = {FieldKind.TEXT: 1000, FieldKind.AREA: 10_000, FieldKind.SECRET: 2000}
DEAREST = Decimal(1_000_000)
# the fields of each way of sending short messages; what no way names belongs to all of them
WAYS: Mapping[str, tuple[str, ...]] = {
    "http": (
        "user", "password", "token", "url", "method", "body", "fields", "headers", "success", "refusal",
        "number", "ca_file", "arrived", "lost",
    ),
    "smpp": ("user", "password", "host", "port", "is_encrypted", "ca_file"),
    "apprise": ("apprise",),
}  # fmt: skip
_NEEDED = {"http": ("url",), "smpp": ("host",), "apprise": ("apprise",)}
_HOST = re.compile(r"(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*\.?|\[?[0-9A-Fa-f:.]+\]?")
_SENDER = re.compile(r"\+?\d{3,15}|(?=.*[A-Za-z])[ -~]{1,11}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_PUSH_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9.-]+:\d{1,5}")
_PLACEHOLDER = re.compile(r"\{(to|text|key|sender|user|password|token)\}")


def is_used(channel: type[Channel], name: str, way: str) -> bool:
    """Whether a field matters for the way that is chosen; channels without ways use all of theirs."""
    if channel.name != ChannelName.SMS:
        return True
    return name in WAYS.get(way, ()) or not any(name in fields for fields in WAYS.values())


def needed_fields(channel: type[Channel], way: str) -> set[str]:
    """The fields without which the channel cannot work."""
    always = {field.name for field in channel.fields if field.is_required}
    return always | set(_NEEDED.get(way, ()) if channel.name == ChannelName.SMS else ())


def clean_values(
    channel: type[Channel], typed: Mapping[str, str], kept: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """(plain values as they are stored, what is wrong by field). Secrets are not looked at.

    A field of a way that is not chosen keeps what is ``kept`` of it.
    """
    way = typed.get("way", "")
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in channel.fields:
        if field.kind == FieldKind.SECRET:
            continue
        if not is_used(channel, field.name, way):
            values[field.name] = kept.get(field.name, field.default)
            continue
        value, problem = _clean(channel, field, typed.get(field.name, ""))
        values[field.name] = value
        if problem:
            wrong[field.name] = problem
    return values, wrong


def secret_problem(channel: type[Channel], name: str, secret: str) -> str:
    """What is wrong with a typed secret; empty when nothing is."""
    if len(secret) > LONGEST[FieldKind.SECRET]:
        return str(_("Shorten to %(number)s characters.", number=LONGEST[FieldKind.SECRET]))
    if "\n" in secret or "\0" in secret:
        return str(_("Write it on one line."))
    if channel.name == ChannelName.SMS and name == "apprise":
        try:
            ensure_usable(secret.replace("{to}", "+380501234567"))
        except ChannelError:
            return str(_("Apprise does not know such an address: look at its beginning and its parts."))
    return ""


def _clean(channel: type[Channel], field: Field, typed: str) -> tuple[Any, str]:
    if field.kind == FieldKind.FLAG:
        return typed == "1", ""
    text = clean_text(typed)
    if field.kind == FieldKind.NUMBER:
        return _number(field, text)
    if field.kind == FieldKind.MONEY:
        return _money(text)
    if field.kind == FieldKind.CHOICE:
        good = text in {value for value, _label in field.choices}
        return text, "" if good else _("Choose one of the list.")
    most = LONGEST[field.kind]
    if len(text) > most:
        return text, _("Shorten to %(number)s characters.", number=most)
    check = _CHECKS.get((channel.name, field.name)) or _CHECKS.get(("", field.name))
    return text, check(text) if check and text else ""


def _number(field: Field, text: str) -> tuple[Any, str]:
    if not text:
        return field.default, ""
    least = field.least if field.least is not None else 0
    most = field.most if field.most is not None else 1_000_000
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        return text, _("Write a number from %(least)s to %(most)s.", least=least, most=most)
    return int(text), ""


def _money(text: str) -> tuple[Any, str]:
    try:
        amount = Decimal(text.replace(" ", "").replace(",", ".") or "0")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 <= amount <= DEAREST):
        return text, _("Write an amount, for example 0.85.")
    return format(amount.normalize(), "f"), ""


def _host(text: str) -> str:
    return "" if _HOST.fullmatch(text) else _("Write the name of the server alone: mail.corp.example.")


def _url(text: str) -> str:
    try:
        parts = urlsplit(_PLACEHOLDER.sub("x", text))
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    return (
        "" if good and " " not in text else _("Write a whole address that begins with https:// or http://.")
    )


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        return str(_("This is no regular expression: %(text)s.", text=str(error)[:100]))
    return ""


def _number_pattern(text: str) -> str:
    problem = _pattern(text)
    if problem or re.compile(text).groups:
        return problem
    return str(_("Put round brackets around the number itself."))


def _pairs(text: str) -> str:
    for line in text.splitlines():
        if line.strip() and (not lines(line) or "=" not in line):
            return str(_("Write name=value on each line; “%(line)s” is none.", line=line.strip()[:60]))
    return ""


def _ca_file(text: str) -> str:
    if not Path(text).is_file():
        return str(_("There is no such file on the server."))
    try:
        ssl.create_default_context(cafile=text)
    except (ssl.SSLError, OSError):
        return str(_("The file holds no certificates in PEM form."))
    return ""


def _region(text: str) -> str:
    known = text.upper() in phonenumbers.SUPPORTED_REGIONS
    return "" if known else _("Write the two letters of a country, such as UA.")


def _mailbox(text: str) -> str:
    return "" if is_address(text) else _("Write a mail address, such as helpdesk@corp.example.")


def _sms_sender(text: str) -> str:
    good = _SENDER.fullmatch(text)
    return "" if good else _("Write up to 11 Latin letters or digits, or a telephone number.")


def _schemes(text: str) -> str:
    return _each(text, _SCHEME, _("“%(word)s” is not the beginning of an Apprise address, such as tgram."))


def _push_hosts(text: str) -> str:
    return _each(text, _PUSH_HOST, _("“%(word)s” is not the name of a server, such as *.push.example."))


def _each(text: str, pattern: re.Pattern[str], sentence: str) -> str:
    for word in text.lower().replace(",", " ").split():
        if not pattern.fullmatch(word):
            return sentence.replace("%(word)s", word[:60])
    return ""


# by (channel, field); an empty channel: whatever the channel
_CHECKS: Mapping[tuple[str, str], Callable[[str], str]] = {
    ("", "host"): _host,
    ("", "server"): _host,
    ("", "url"): _url,
    ("", "success"): _pattern,
    ("", "refusal"): _pattern,
    ("", "number"): _number_pattern,
    ("", "fields"): _pairs,
    ("", "headers"): _pairs,
    ("", "ca_file"): _ca_file,
    (ChannelName.SMS, "region"): _region,
    (ChannelName.SMS, "sender"): _sms_sender,
    (ChannelName.EMAIL, "sender"): _mailbox,
    (ChannelName.PUSH, "contact"): _mailbox,
    (ChannelName.PUSH, "hosts"): _push_hosts,
    (ChannelName.OWN, "schemes"): _schemes,
}
