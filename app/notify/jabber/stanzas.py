"""Messages as they leave: under which id, and without what would end the stream."""

from __future__ import annotations

import re
from typing import Any

from slixmpp.stanza import Message

from app.notify.jabber.client import Client

# XML 1.0, section 2.2
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def make_message(
    client: Client, to: str, text: str, *, key: str, kind: str = "chat", is_urgent: bool = False
) -> Message:
    """A message under this id; an urgent one asks for attention (XEP-0224) as well."""
    message: Any = client.make_message(mto=to, mbody=printable(text))
    message["type"], message["id"] = kind, key
    message["origin_id"]["id"] = key
    if is_urgent:
        message["attention"] = True
    stanza: Message = message
    return stanza


def printable(text: str) -> str:
    """Without what XML cannot hold: one such character would end the whole stream."""
    return _UNPRINTABLE.sub("", text)
