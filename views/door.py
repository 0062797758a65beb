"""What signing in and out brings with it: the journal, the person's language, the end of live news."""

from __future__ import annotations

from typing import Any

from flask import request, session
from flask_babel import refresh

from app.events import Kind, record, unit_of_work
from app.extensions import db
from app.notify import popup
from app.policy import Actor
from app.security import signals
from models import Staff

LOGIN_SHOWN = 64


def watch_door() -> None:
    """Subscribe to the door's signals; doing so again changes nothing."""
    signals.signed_in.connect(welcome)
    signals.signed_out.connect(see_off)
    signals.sign_in_failed.connect(note_failure)


def _actor_of(user: Staff) -> Actor:
    return Actor(id=user.id, full_name=user.full_name, locale=user.locale, address=request.remote_addr or "")


def _is_api() -> bool:
    return request.path.startswith("/api/")


def welcome(_sender: Any, *, user: Staff) -> None:
    """Journal it; the pages speak the person's own language from now on."""
    if not _is_api():
        session["locale"] = user.locale
        refresh()
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGNED_IN, actor=_actor_of(user), new={"api": _is_api()})


def see_off(_sender: Any, *, user: Staff) -> None:
    """Journal it; no page of his that is still open hears anything without proving who he is (M13)."""
    user_id = user.id
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGNED_OUT, actor=_actor_of(user))
    popup.reconnect(user_id)


def note_failure(_sender: Any, *, login: str) -> None:
    """Journal a refused sign-in, which has no actor: the login as typed and the address."""
    new = {"login": login[:LOGIN_SHOWN], "address": request.remote_addr or "", "api": _is_api()}
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGN_IN_FAILED, actor=None, new=new)
