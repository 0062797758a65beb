"""Socket.IO: who connects joins his own room, says what he looks at, and writes nothing.

Handlers never trust the session copied at connect time (traps.md M13): each loads the actor anew.
A frame that makes no sense, or one too many, is dropped without an answer.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Flask, current_app, request, session
from flask_login import current_user
from flask_socketio import ConnectionRefusedError, SocketIO, join_room
from flask_socketio import disconnect as drop

from app.errors import HelpdeskError
from app.extensions import db, socketio
from app.notify import dates, popup, presence
from app.policy import Actor, access_ticket, load_actor, viewers
from app.security.sessions import KEY, has_session
from models import Ticket

log = logging.getLogger(__name__)
FRAMES = 30  # as many frames a page may send …
FRAMES_SECONDS = 10  # … in so many seconds
TYPING_EVERY = 1.0  # seconds; the same word sooner is dropped


def register(sockets: SocketIO) -> None:
    """Bind the handlers."""
    sockets.on_event("connect", connect)
    sockets.on_event("disconnect", disconnect)
    for name, handler in (("alive", alive), ("watch", watch), ("typing", typing), ("unwatch", unwatch)):
        sockets.on_event(name, _tame(handler))
    sockets.default_exception_handler = _log_crash


def _take_new_name() -> None:
    """Messages under one's own name are dropped as an echo: a forked process must not keep its parent's."""
    if socketio.server is not None:
        socketio.server.manager.host_id = uuid4().hex


os.register_at_fork(after_in_child=_take_new_name)


def _tame(handler: Callable[[Any], None]) -> Callable[..., None]:
    """Let a handler see one argument, not too often, and give its database connection back."""

    def tamed(*frames: Any) -> None:
        if session.get("socket_user_id") is None or _is_flooding():
            return
        try:
            handler(frames[0] if frames else None)
        finally:
            db.session.remove()

    return tamed


def _log_crash(error: Exception) -> None:
    """A fault of ours ends this frame, not the connection."""
    log.error("unexpected error in a socket handler", exc_info=error)


def _is_flooding() -> bool:
    now = time.monotonic()
    recent = [moment for moment in session.get("socket_frames", []) if moment > now - FRAMES_SECONDS]
    if len(recent) >= FRAMES:
        session["socket_frames"] = recent
        return True
    session["socket_frames"] = [*recent, now]
    return False


def connect(auth: Any = None) -> None:
    """Refuse anyone who is not signed in; let the others into their own room."""
    try:
        if not current_user.is_authenticated or current_user.must_enrol:
            raise ConnectionRefusedError("sign in")
        user_id = int(current_user.id)
    finally:
        db.session.remove()
    application = current_app._get_current_object()  # type: ignore[attr-defined]  # a LocalProxy
    dates.start_feeling(application, current_app.extensions["socketio"].start_background_task)
    session["socket_user_id"] = user_id
    join_room(popup.room(user_id))
    if presence.seen(user_id, _sid()):
        popup.tell_presence(user_id, "yes")


def disconnect(reason: Any = None) -> None:
    """A page was closed: if no other one of the person opens soon, others see that he is gone."""
    user_id = session.get("socket_user_id")
    if user_id is None:
        return
    sid = _sid()
    presence.leaving(user_id, sid)
    ticket_id = session.pop("watched_ticket_id", None)
    if ticket_id:
        presence.unwatch(ticket_id, user_id, sid)
        _tell_watchers(ticket_id)
        db.session.remove()
    application = current_app._get_current_object()  # type: ignore[attr-defined]  # a LocalProxy
    extension: SocketIO = current_app.extensions["socketio"]
    extension.start_background_task(_tell_if_gone, application, user_id)


def _tell_if_gone(application: Flask, user_id: int) -> None:
    """After the grace time: was it the person's last page?"""
    time.sleep(presence.GRACE_SECONDS + 0.5)
    with application.app_context():
        if not presence.online([user_id]):
            popup.tell_presence(user_id, "no")


def alive(data: Any) -> None:
    """The page's heartbeat, every half minute; whoever may not be here any more is shown out."""
    actor = _actor() if has_session(db.session(), session.get(KEY)) else None
    if actor is None:
        drop()
        return
    presence.seen(actor.id, _sid())
    ticket_id = session.get("watched_ticket_id")
    if ticket_id and not _look(ticket_id, typing=False):
        _stop_watching()


def watch(data: Any) -> None:
    """The page shows a ticket."""
    ticket_id = _ticket_id(data)
    if ticket_id is None:
        return
    if session.get("watched_ticket_id") not in (None, ticket_id):
        _stop_watching()
    if _look(ticket_id, typing=False):
        session["watched_ticket_id"] = ticket_id


def typing(data: Any) -> None:
    """The person writes a comment, or stopped, in the page that watches this ticket."""
    ticket_id = _ticket_id(data)
    if ticket_id is None or session.get("watched_ticket_id") != ticket_id:
        return
    is_on, now = bool(data.get("on", True)), time.monotonic()
    last_on, last_at = session.get("socket_typing", (False, 0.0))
    if is_on == last_on and (not is_on or now - last_at < TYPING_EVERY):
        return
    session["socket_typing"] = (is_on, now)
    _look(ticket_id, typing=is_on)


def unwatch(data: Any) -> None:
    """The page shows the ticket no more."""
    _stop_watching()


def _stop_watching() -> None:
    ticket_id = session.pop("watched_ticket_id", None)
    if ticket_id:
        presence.unwatch(ticket_id, session["socket_user_id"], _sid())
        _tell_watchers(ticket_id)


def _sid() -> str:
    """The number of this connection."""
    return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO adds it


def _ticket_id(data: Any) -> int | None:
    """The number in a frame, or None for nonsense."""
    value = data.get("ticket_id") if isinstance(data, dict) else None
    return value if type(value) is int and 0 < value < 2**31 else None


def _actor() -> Actor | None:
    """The person as the rules see him now; None when his account is gone or disabled."""
    try:
        return load_actor(db.session(), session["socket_user_id"], address=request.remote_addr or "")
    except HelpdeskError:
        return None


def _look(ticket_id: int, *, typing: bool) -> bool:
    """Note that the person looks at a ticket he may see, and tell those who look too."""
    actor = _actor()
    if actor is None:
        return False
    try:
        access_ticket(db.session(), ticket_id, actor=actor)
    except HelpdeskError:
        return False
    presence.watch(ticket_id, actor.id, _sid(), actor.full_name, typing=typing)
    _tell_watchers(ticket_id)
    return True


def _tell_watchers(ticket_id: int) -> None:
    """Only those hear it who look at the ticket and still may see it."""
    people = presence.watchers(ticket_id)
    ticket = db.session().get(Ticket, ticket_id) if people else None
    if ticket is None:
        return
    allowed = viewers(db.session(), ticket)
    here = [person for person in people if person["id"] in allowed]
    popup.tell_watchers([int(str(person["id"])) for person in here], ticket_id, here)
