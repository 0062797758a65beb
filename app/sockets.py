"""Socket.IO: who connects joins his own room, says what he looks at, and writes nothing.

Handlers never trust the session copied at connect time (traps.md M13): each loads the actor anew.
"""

from __future__ import annotations

from typing import Any

from flask import request, session
from flask_login import current_user
from flask_socketio import ConnectionRefusedError, SocketIO, join_room

from app.errors import HelpdeskError
from app.extensions import db
from app.notify import popup, presence
from app.policy import Actor, access_ticket, load_actor, viewers


def register(socketio: SocketIO) -> None:
    """Bind the handlers."""
    socketio.on_event("connect", connect)
    socketio.on_event("disconnect", disconnect)
    socketio.on_event("alive", alive)
    socketio.on_event("watch", watch)
    socketio.on_event("typing", typing)
    socketio.on_event("unwatch", unwatch)


def connect(auth: Any = None) -> None:
    """Refuse anyone who is not signed in; let the others into their own room."""
    if not current_user.is_authenticated:
        raise ConnectionRefusedError("sign in")
    user_id = int(current_user.id)
    session["socket_user_id"] = user_id
    join_room(popup.room(user_id))
    presence.seen(user_id)
    popup.tell_presence(user_id, "yes")
    db.session.remove()


def disconnect(reason: Any = None) -> None:
    """A page was closed: others soon stop seeing its person here."""
    user_id = session.get("socket_user_id")
    ticket_id = session.pop("watched_ticket_id", None)
    if user_id and ticket_id:
        presence.unwatch(ticket_id, user_id)
        _tell_watchers(ticket_id)
    db.session.remove()


def alive(data: Any = None) -> None:
    """The page's heartbeat, every half minute."""
    user_id = session.get("socket_user_id")
    if user_id:
        presence.seen(user_id)
        ticket_id = session.get("watched_ticket_id")
        if ticket_id:
            _look(ticket_id, typing=False)


def watch(data: Any = None) -> None:
    """The page shows a ticket."""
    ticket_id = _ticket_id(data)
    if ticket_id and _look(ticket_id, typing=False):
        session["watched_ticket_id"] = ticket_id


def typing(data: Any = None) -> None:
    """The person writes a comment."""
    ticket_id = _ticket_id(data)
    if ticket_id:
        _look(ticket_id, typing=bool(data.get("on", True)))


def unwatch(data: Any = None) -> None:
    """The page shows the ticket no more."""
    ticket_id, user_id = _ticket_id(data), session.get("socket_user_id")
    session.pop("watched_ticket_id", None)
    if ticket_id and user_id:
        presence.unwatch(ticket_id, user_id)
        _tell_watchers(ticket_id)
        db.session.remove()


def _ticket_id(data: Any) -> int | None:
    """The number in a frame, or None for nonsense."""
    value = data.get("ticket_id") if isinstance(data, dict) else None
    return value if isinstance(value, int) and 0 < value < 2**31 else None


def _actor() -> Actor | None:
    user_id = session.get("socket_user_id")
    if not user_id:
        return None
    try:
        return load_actor(db.session(), user_id, address=request.remote_addr or "")
    except HelpdeskError:
        return None


def _look(ticket_id: int, *, typing: bool) -> bool:
    """Note that the person looks at a ticket he may see, and tell those who look too."""
    try:
        actor = _actor()
        if actor is None:
            return False
        access_ticket(db.session(), ticket_id, actor=actor)
        presence.watch(ticket_id, actor.id, actor.full_name, typing=typing)
        _tell_watchers(ticket_id)
    except HelpdeskError:
        return False
    finally:
        db.session.remove()
    return True


def _tell_watchers(ticket_id: int) -> None:
    """Only those hear it who look at the ticket and still may see it."""
    from models import Ticket

    people = presence.watchers(ticket_id)
    ticket = db.session().get(Ticket, ticket_id)
    if ticket is None:
        return
    allowed = viewers(db.session(), ticket)
    here = [person for person in people if person["id"] in allowed]
    popup.tell_watchers([int(str(person["id"])) for person in here], ticket_id, here)
