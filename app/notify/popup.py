"""The popup channel: the only caller of ``socketio.emit``.

A frame carries ids, kind and numbers, never a ticket's text: the page fetches that through the policy.
Every person has one room, ``u:<id>``; who hears of what is computed anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from app.extensions import socketio
from app.notify import presence

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


def _emit(event: str, payload: dict[str, Any], user_ids: Iterable[int]) -> None:
    """One message to the queue for all of them. No list of rooms would mean everybody: then nobody."""
    rooms = [room(user_id) for user_id in sorted(set(user_ids))]
    if rooms:
        socketio.emit(event, payload, to=rooms)


def tell_changed(user_ids: Iterable[int], change: Change) -> None:
    """Let the pages of everyone who may see the ticket redraw it."""
    _emit("changed", asdict(change), user_ids)


def tell_notice(user_id: int, delivery_id: int, *, ticket_id: int | None, kind: str) -> None:
    """Offer a popup to all pages of one person; the first page to claim it shows it."""
    _emit("notice", {"id": delivery_id, "ticket_id": ticket_id, "kind": kind}, [user_id])


def tell_watchers(user_ids: Iterable[int], ticket_id: int, people: list[dict[str, object]]) -> None:
    """Who is looking at a ticket, and who of them is typing."""
    _emit("watchers", {"ticket_id": ticket_id, "people": people}, user_ids)


def tell_presence(user_id: int, status: str) -> None:
    """Somebody came or went (``yes`` / ``no``): forms that offer people redraw the dot."""
    _emit("presence", {"user_id": user_id, "status": status}, presence.everyone_online() - {user_id})


def reconnect(user_id: int) -> None:
    """Make every page of a person prove again who he is; those who cannot hear nothing more.

    To be called after the commit of whatever takes a right away: signing out, disabling the account, a change
    of roles or memberships. The room is emptied at once, whatever the page makes of the message, and its
    connections are closed by us.
    """
    connections = presence.connections_of(user_id)
    _emit("reconnect", {}, [user_id])
    socketio.close_room(room(user_id))
    for sid in connections:
        socketio.server.disconnect(sid, namespace="/")
