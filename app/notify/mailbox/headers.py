"""The headers of a letter, whatever is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from app.notify.mail import is_address
from app.notify.mailbox.charsets import decode

_ID = re.compile(r"<([^<>\s]{1,250}@[^<>\s]{1,250}|[^<>\s]{1,300})>")
_MOST_IDS = 100
_LONGEST = 8_000  # characters of one header that are looked at


@dataclass(frozen=True)
class Address:
    """A mailbox as a header names it; ``address`` in small letters, empty if it is none."""

    name: str
    address: str


def raw_values(letter: Message, name: str) -> list[str]:
    """Every value of a header as it came, unfolded; bytes that are no ASCII are still surrogates."""
    wanted = name.lower()
    return [
        " ".join(str(value)[:_LONGEST].split())
        for key, value in letter.raw_items()
        if str(key).lower() == wanted
    ]


def text_of(letter: Message, name: str) -> str:
    """The first value of a header in words; empty if there is none."""
    values = raw_values(letter, name)
    return words(values[0]) if values else ""


def words(value: str) -> str:
    """A raw value as people read it: encoded words opened, naked bytes guessed."""
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    if "=?" not in value:
        return value
    try:
        # a word cut in the middle of a letter is whole again: neighbours of one charset come joined
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    opened = (part if isinstance(part, str) else decode(part, charset or "") for part, charset in parts)
    return "".join(opened)


def addresses(letter: Message, *names: str) -> list[Address]:
    """The mailboxes that these headers name, in order."""
    values = [value for name in names for value in raw_values(letter, name)]
    try:
        pairs = getaddresses(values)
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):  # it trips over nonsense
        return []
    return [
        Address(words(name), address.lower() if is_address(address) else "") for name, address in pairs[:500]
    ]


def message_ids(letter: Message, *names: str) -> list[str]:
    """The Message-IDs in these headers, without brackets, each once, in order."""
    found = (one for name in names for value in raw_values(letter, name) for one in _ID.findall(value))
    return list(dict.fromkeys(found))[:_MOST_IDS]
