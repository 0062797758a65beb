"""What people write to the helpdesk: which message it is, from whom, and not too much of it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from app.notify.jabber.account import bare_jid

TEXT_LENGTH = 12_000
# two machines that answer each other must come to an end
MOST, SECONDS = 30, 60.0


@dataclass(frozen=True)
class Heard:
    """A message that came in. ``key`` is the same when the same stanza comes again."""

    sender: str
    key: str
    text: str


class Ears(Protocol):
    """What the link asks of the helpdesk and tells it; called in threads, may take its time."""

    def people(self) -> frozenset[str]:
        """The bare Jabber addresses of staff: who may see us, and whom we look after."""

    def online(self, jids: frozenset[str]) -> None:
        """These are at their messengers now, nobody else is."""

    def heard(self, message: Heard) -> str:
        """What to answer; empty: nothing."""


def heard_in(stanza: Any, *, now: float | None = None) -> Heard | None:
    """The message of a stanza; None when it is not one person's text.

    Its id is the sender's own (XEP-0359 origin-id, else the stanza's); programs that give none are told
    apart by text and minute. The text goes into the key, because some programs count their ids anew.
    """
    sender, text = bare_jid(str(stanza["from"])), str(stanza["body"] or "").strip()[:TEXT_LENGTH]
    if stanza["type"] not in ("chat", "normal") or not text or not sender:
        return None
    number = stanza["origin_id"]["id"] or stanza["id"]
    if not number:
        number = f"minute {int((now if now is not None else time.time()) // 60)}"
    return Heard(sender, sha256("\0".join((sender, number, text)).encode()).hexdigest(), text)


class Patience:
    """How much of one sender is listened to: :data:`MOST` messages in :data:`SECONDS`."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def allows(self, sender: str) -> bool:
        """Count one message; False when there were too many."""
        now = time.monotonic()
        times = self._times.setdefault(sender, deque())
        while times and times[0] < now - SECONDS:
            times.popleft()
        if len(times) >= MOST:
            return False
        times.append(now)
        if len(self._times) > 1_000:  # strangers may come without end
            self._times = {one: held for one, held in self._times.items() if held[-1] > now - SECONDS}
        return True
