"""A general HTTP gateway, described by a template: address, method, fields, and how its answers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import quote

import requests

from app.notify.channels.base import Permanent, Receipt, Temporary
from models import utcnow

CONNECT, READ, ALTOGETHER = 5.0, 10.0, 20.0  # seconds
LONGEST_ANSWER = 64 * 1024
_PLACEHOLDER = re.compile(r"\{(to|text|key|sender|user|password|token)\}")


@dataclass(frozen=True)
class Gateway:
    """What the settings say of a gateway. ``fields`` and ``headers`` are lines ``name=value``.

    ``success`` and ``refusal`` are regular expressions over ``<status> <body>``: whichever matches
    decides; without a match the status does (2xx is a yes only when no ``success`` is given). ``number``
    finds the gateway's own id in its group 1.
    """

    url: str
    method: str = "POST"
    body: str = "form"  # form, json or query
    fields: str = ""
    headers: str = ""
    success: str = ""
    refusal: str = ""
    number: str = ""
    ca_file: str = ""


def lines(text: str) -> list[tuple[str, str]]:
    """``name=value`` lines as pairs, in their order; lines without a name are left out."""
    pairs = (line.partition("=") for line in text.splitlines())
    return [(name.strip(), value.strip()) for name, _equals, value in pairs if name.strip()]


def post(gateway: Gateway, words: Mapping[str, str]) -> Receipt:
    """Hand one message over. ``words`` fill the placeholders. Raises Temporary or Permanent."""
    status, headers, body = _ask(gateway, words)
    seen = f"{status} {body}"
    if gateway.refusal and re.search(gateway.refusal, seen):
        raise Permanent(f"refused, status {status}")
    if status in {401, 403}:
        raise Temporary(f"the gateway does not accept our sign-in, status {status}")
    if status == 429 or status >= 500:
        raise Temporary(f"status {status}", retry_after=_retry_after(headers))
    if status >= 300:
        raise Permanent(f"status {status}")
    if gateway.success and not re.search(gateway.success, seen):
        # it may have been sent: the key lets the gateway see that it is the same
        raise Temporary(f"answer not understood, status {status}", is_channel=False)
    found = re.search(gateway.number, body) if gateway.number else None
    return Receipt(provider_id=(found.group(1) if found and found.groups() else "")[:200])


def _ask(gateway: Gateway, words: Mapping[str, str]) -> tuple[int, Mapping[str, str], str]:
    fields = {name: _fill(value, words) for name, value in lines(gateway.fields)}
    sent: dict[str, Any] = {}
    if gateway.body == "json":
        sent["data"] = json.dumps(fields, ensure_ascii=False).encode()
        sent["headers"] = {"Content-Type": "application/json; charset=utf-8"}
    elif gateway.body == "query":
        sent["params"] = fields
    else:
        sent["data"] = fields
    extra = {name: _fill(value, words) for name, value in lines(gateway.headers)}
    sent["headers"] = {**sent.get("headers", {}), **{name: _one_line(value) for name, value in extra.items()}}
    address = _PLACEHOLDER.sub(lambda found: quote(words.get(found.group(1), ""), safe=""), gateway.url)
    return _exchange(gateway, address, sent)


def _exchange(gateway: Gateway, address: str, sent: dict[str, Any]) -> tuple[int, Mapping[str, str], str]:
    """One request with a deadline for the whole; no redirects: a password goes where it was meant to."""
    deadline = monotonic() + ALTOGETHER
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                gateway.method.upper(),
                address,
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
                verify=gateway.ca_file or True,
                **sent,
            )
            with answer:
                return answer.status_code, dict(answer.headers), _read(answer, deadline)
    except requests.exceptions.SSLError as error:
        raise Temporary("certificate not trusted") from error
    except requests.exceptions.ConnectTimeout as error:
        raise Temporary("unreachable") from error
    except requests.exceptions.Timeout as error:
        raise Temporary("no answer in time") from error
    except requests.exceptions.ConnectionError as error:
        raise Temporary("unreachable") from error
    except (requests.exceptions.RequestException, UnicodeError, ValueError) as error:
        raise Temporary(f"request failed: {type(error).__name__}") from error


def _read(answer: requests.Response, deadline: float) -> str:
    """The answer's text, at most :data:`LONGEST_ANSWER` bytes of it, before the deadline."""
    body = b""
    for piece in answer.iter_content(1024):
        body += piece
        if len(body) >= LONGEST_ANSWER:
            break
        if monotonic() > deadline:
            raise Temporary("no answer in time")
    return body[:LONGEST_ANSWER].decode("utf-8", "replace")


def _fill(template: str, words: Mapping[str, str]) -> str:
    """Placeholders as they are known; every other brace stays."""
    return _PLACEHOLDER.sub(lambda found: words.get(found.group(1), ""), template)


def _one_line(value: str) -> str:
    return " ".join(value.split()).encode("latin-1", "ignore").decode("latin-1")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds or a date; an hour at most."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        wait = timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text) - utcnow()
    except (TypeError, ValueError):
        return None
    return min(max(wait, timedelta()), timedelta(hours=1))
