"""Apprise: a hundred other messengers behind one kind of address."""

from __future__ import annotations

import apprise

from app.notify.channels.base import Permanent, Temporary


def ensure_usable(address: str) -> None:
    """Raise Permanent unless Apprise understands the address."""
    if not apprise.Apprise().add(address):
        raise Permanent("not an address that Apprise knows")


def ensure_sent(address: str, *, title: str, body: str) -> None:
    """Send through Apprise. Raises Permanent for an address it does not know, Temporary for a failure."""
    way = apprise.Apprise()
    if not way.add(address):
        raise Permanent("not an address that Apprise knows")
    # it says yes or no only, and why in its log
    if not way.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT):
        raise Temporary("not accepted", is_channel=False)
