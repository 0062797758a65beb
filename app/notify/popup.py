"""The popup channel: the only caller of ``socketio.emit``.

A frame carries ids, kind and numbers, never a ticket's text: the page fetches that through the policy.
Every person has one room, ``u:<id>``; who hears of what is computed anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from app.extensions import socketio

CHANNEL = "popup"


@dataclass(frozen=True)
class Change:
    """A ticket is not what open pages show."""

    ticket_id: int
    kind: str
    version: int
    activity: int
    actor_id: int | None


def room(user_id: int) -> str:
    """The room of all open pages of one person."""
    return f"u:{user_id}"


def tell_changed(user_ids: Iterable[int], change: Change) -> None:
    """Let the pages of everyone who may see the ticket redraw it."""
    payload = asdict(change)
    for user_id in user_ids:
        socketio.emit("changed", payload, to=room(user_id))


def tell_notice(user_id: int, delivery_id: int, *, ticket_id: int | None, kind: str) -> None:
    """Offer a popup to all pages of one person; the first page to claim it shows it."""
    payload = {"id": delivery_id, "ticket_id": ticket_id, "kind": kind}
    socketio.emit("notice", payload, to=room(user_id))


def tell_watchers(user_ids: Iterable[int], ticket_id: int, people: list[dict[str, object]]) -> None:
    """Who is looking at a ticket, and who of them is typing."""
    for user_id in user_ids:
        socketio.emit("watchers", {"ticket_id": ticket_id, "people": people}, to=room(user_id))


def tell_presence(user_id: int, status: str) -> None:
    """Somebody came or went (``yes`` / ``no``): forms that offer people redraw the dot."""
    socketio.emit("presence", {"user_id": user_id, "status": status})


def reconnect(user_id: int) -> None:
    """Make every page of a person prove again who he is; those who cannot hear nothing more."""
    socketio.emit("reconnect", {}, to=room(user_id))
    socketio.close_room(room(user_id))
