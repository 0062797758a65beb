"""Ears of the Jabber link that write down what they hear."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.notify.jabber.hearing import Heard


@dataclass
class Notebook:
    """Answers ``heard: …`` to staff and nothing to strangers."""

    staff: set[str] = field(default_factory=set)
    there: frozenset[str] = frozenset()
    messages: list[Heard] = field(default_factory=list)

    def people(self) -> frozenset[str]:
        """The staff."""
        return frozenset(self.staff)

    def online(self, jids: frozenset[str]) -> None:
        """Keep who is there."""
        self.there = jids

    def heard(self, message: Heard) -> str:
        """Keep it and answer."""
        if message.sender not in self.staff:
            return ""
        self.messages.append(message)
        return f"heard: {message.text}\x0b"  # which XML cannot hold
