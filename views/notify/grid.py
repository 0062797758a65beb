"""The grid of events and channels: its columns, and the ticks that were sent."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request


@dataclass(frozen=True)
class Column:
    """A channel above the grid; ``why`` and ``url``: what to do when it cannot reach the reader."""

    name: str
    word: str
    icon: str
    is_open: bool = True
    is_off: bool = False
    why: str = ""
    url: str = ""


def ticked_cells() -> set[tuple[str, str]]:
    """The boxes that were sent: ``ticket.created email``."""
    return {(kind, channel) for kind, _space, channel in map(_parted, request.form.getlist("on"))}


def _parted(text: str) -> tuple[str, str, str]:
    return text.partition(" ")
