"""What signing in and out brings with it: the journal, the person's language, the end of live news."""

from __future__ import annotations

from typing import Any

from flask import current_app, has_request_context, request, session
from flask_babel import refresh
from flask_login import current_user

from app.events import Kind, record, unit_of_work
from app.extensions import db
from app.notify import popup
from app.policy import Actor
from app.security import sessions, signals
from app.services.typed import clean_text
from models import Staff
from views.call_form import LAST_DEPARTMENT

LOGIN_SHOWN = 64


def watch_door() -> None:
    """Subscribe to the door's signals; doing so again changes nothing."""
    signals.signed_in.connect(welcome)
    signals.signed_out.connect(see_off)
    signals.sign_in_failed.connect(note_failure)
    signals.password_changed.connect(close_elsewhere)


def _actor_of(user: Staff) -> Actor:
    return Actor(id=user.id, full_name=user.full_name, locale=user.locale, address=request.remote_addr or "")


def _is_api() -> bool:
    return request.path.startswith("/api/")


def welcome(_sender: Any, *, user: Staff) -> None:
    """Journal it; the pages speak the person's own language from now on."""
    if not _is_api():
        session.pop(LAST_DEPARTMENT, None)  # of whoever used this browser before
        session.update(sessions.new_marks(user), locale=user.locale)
        refresh()
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGNED_IN, actor=_actor_of(user), new={"api": _is_api()})


def see_off(_sender: Any, *, user: Staff) -> None:
    """Journal it; no page of his that is still open hears anything without proving who he is (M13)."""
    user_id = user.id
    with unit_of_work(db.session()):
        lifetime = current_app.config["PERMANENT_SESSION_LIFETIME"]
        sessions.end_session(db.session(), session.pop(sessions.KEY, None), lifetime=lifetime)
        record(db.session(), Kind.SIGNED_OUT, actor=_actor_of(user))
    popup.reconnect(user_id)


def close_elsewhere(_sender: Any, *, user: Staff) -> None:
    """A new password shuts out whoever is still inside with the old one; the browser that changed its own
    goes on."""
    here = has_request_context() and not _is_api()  # a command changes passwords, too
    if here and current_user.is_authenticated and current_user.id == user.id:
        session.update(sessions.new_marks(user))
    popup.reconnect(user.id)


def note_failure(_sender: Any, *, login: str) -> None:
    """Journal a refused sign-in, which has no actor: the login as typed and the address."""
    new = {"login": clean_text(login[:LOGIN_SHOWN]), "address": request.remote_addr or "", "api": _is_api()}
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGN_IN_FAILED, actor=None, new=new)
