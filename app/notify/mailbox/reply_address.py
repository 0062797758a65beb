"""The address that an answer about a ticket goes to: ``helpdesk+t123.<signature>@corp.example``.

The signature proves that we made it: nobody can write under a ticket by guessing its number. It is made with
``SECRET_KEY``; after a new key old letters are still known by what they answer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from flask import current_app

LENGTH = 20  # characters of base32: a hundred bits
_TAG = re.compile(rf"\+t(\d{{1,10}})\.([a-z2-7]{{{LENGTH}}})\Z")


def reply_address(own: str, ticket_id: int) -> str:
    """Where answers about this ticket go; ``own`` is the mailbox's plain address."""
    name, _, domain = own.rpartition("@")
    return f"{name}+t{ticket_id}.{_signature(own, ticket_id)}@{domain}" if name else ""


def ticket_in(own: str, recipients: Iterable[str]) -> int | None:
    """The ticket whose signed address is among the recipients (in small letters); None without any."""
    name, _, domain = own.lower().rpartition("@")
    for one in recipients:
        local, _, host = one.lower().rpartition("@")
        found = _TAG.search(local)
        if found is None or host != domain or local[: found.start()] != name:
            continue
        if hmac.compare_digest(_signature(own, int(found[1])), found[2]):
            return int(found[1])
    return None


def is_own(own: str, address: str) -> bool:
    """Whether this is the mailbox's address, plain or with anything behind a plus."""
    name, _, domain = own.lower().rpartition("@")
    local, _, host = address.lower().rpartition("@")
    return bool(name) and host == domain and local.partition("+")[0] == name


def _signature(own: str, ticket_id: int) -> str:
    """In small letters and digits alone: mail servers and programs change the case of addresses."""
    key = hashlib.sha256(b"reply address\0" + current_app.config["SECRET_KEY"].encode()).digest()
    digest = hmac.new(key, f"{own.lower()}\0{ticket_id}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:LENGTH]
