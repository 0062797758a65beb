"""Connections to the mail server that outlive a letter.

Connecting, encrypting and signing in cost more than a letter does, so the courier keeps its connection for
the next one. Everybody else says goodbye after each letter.
"""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

IDLE = 5.0  # seconds without a letter; then we say goodbye
MOST_LETTERS = 50  # over one connection: mail servers count them, and many refuse a hundred
GOODBYE = 2.0  # seconds for the last word


@dataclass
class Line:
    """One open connection that is encrypted and signed in."""

    connection: smtplib.SMTP
    letters: int = 0
    used_at: float = field(default_factory=monotonic)

    def is_alive(self) -> bool:
        """Whether the server still answers."""
        try:
            return self.connection.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def end(self) -> None:
        """Say goodbye. What the server makes of it changes nothing: its letters are with it already."""
        with suppress(smtplib.SMTPException, OSError):
            if self.connection.sock is not None:
                self.connection.sock.settimeout(GOODBYE)
            self.connection.quit()
        self.connection.close()


class Lines:
    """The kept connections of this process by what they were made with; off until :meth:`keep`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, Line] = {}
        self._keeps = False

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Keep connections meanwhile; whoever does calls :meth:`end_idle` every now and then."""
        self._keeps = True
        try:
            yield
        finally:
            self._keeps = False
            self._end(older_than=0.0)

    def take(self, key: Hashable) -> Line | None:
        """A connection that still works, for the caller alone, who gives it back or ends it."""
        with self._lock:
            line = self._kept.pop(key, None)
        if line is None or line.is_alive():
            return line
        line.end()
        return None

    def give_back(self, key: Hashable, line: Line) -> None:
        """A letter went over it: keep it for the next one, or end it."""
        line.letters, line.used_at = line.letters + 1, monotonic()
        with self._lock:
            is_kept = self._keeps and line.letters < MOST_LETTERS and key not in self._kept
            if is_kept:
                self._kept[key] = line
        if not is_kept:
            line.end()

    def end_idle(self) -> None:
        """End what nobody has used for :data:`IDLE` seconds."""
        self._end(older_than=IDLE)

    def _end(self, *, older_than: float) -> None:
        limit = monotonic() - older_than
        with self._lock:
            over = [key for key, line in self._kept.items() if line.used_at <= limit]
            lines = [self._kept.pop(key) for key in over]
        for line in lines:
            line.end()


lines = Lines()
