"""The process's one link. Only a process that listens (the courier) has one: a second one elsewhere would
swallow answers."""

from __future__ import annotations

import threading

from app.notify.channels.base import Temporary
from app.notify.jabber.account import Account
from app.notify.jabber.hearing import Ears
from app.notify.jabber.link import Link

_lock = threading.Lock()
_ears: Ears | None = None
_link: Link | None = None


def listen(ears: Ears | None) -> None:
    """From now on this process may have a link, and this is whom it tells; None: no more."""
    global _ears
    if ears is None:
        close()
    _ears = ears


def link_to(account: Account) -> Link:
    """The link of this account, made when first asked for, and anew when the settings have changed.

    Raises Temporary in a process that does not listen.
    """
    global _link
    with _lock:
        if _ears is None:
            raise Temporary("only the courier sends over Jabber", is_channel=False)
        if _link is not None and (_link.account != account or not _link.is_alive):
            _link.close()
            _link = None
        if _link is None:
            _link = Link(account, _ears)
        return _link


def close() -> None:
    """Sign out, if there is a link."""
    global _link
    with _lock:
        if _link is not None:
            _link.close()
            _link = None
