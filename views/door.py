"""What signing in and out brings with it: the journal, the person's language, the end of live news."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request, session
from flask_babel import refresh
from flask_login import current_user

from app.events import Kind, record, unit_of_work
from app.extensions import db
from app.notify import popup
from app.policy import Actor
from app.security import sessions, signals
from app.security.second_factor import Answer
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
    signals.code_answered.connect(note_code)
    signals.rights_changed.connect(prove_again)


def _actor_of(user: Staff) -> Actor:
    return Actor(id=user.id, full_name=user.full_name, locale=user.locale, address=request.remote_addr or "")


def _is_api() -> bool:
    return request.path.startswith("/api/")


def welcome(_sender: Any, *, user: Staff) -> None:
    """Journal it; the pages speak the person's own language from now on."""
    with unit_of_work(db.session()):
        if not _is_api():
            session.pop(LAST_DEPARTMENT, None)  # of whoever used this browser before
            session.update(_new_marks(user), locale=user.locale)
            refresh()
        record(db.session(), Kind.SIGNED_IN, actor=_actor_of(user), new={"api": _is_api()})


def _new_marks(user: Staff) -> dict[str, str]:
    """What this browser's cookie carries from now on."""
    address, agent = request.remote_addr or "", request.user_agent.string
    return sessions.open_session(db.session(), user, address=address, agent=agent)


def see_off(_sender: Any, *, user: Staff) -> None:
    """Journal it; no page of his that is still open hears anything without proving who he is (M13)."""
    user_id = user.id
    with unit_of_work(db.session()):
        sessions.end_session(db.session(), session.pop(sessions.KEY, None))
        record(db.session(), Kind.SIGNED_OUT, actor=_actor_of(user))
    popup.reconnect(user_id)


def close_elsewhere(_sender: Any, *, user: Staff) -> None:
    """A new password shuts out whoever is still inside with the old one; the browser that changed its own
    goes on."""
    here = has_request_context() and current_user.is_authenticated  # a command changes passwords, too
    actor = _actor_of(current_user) if here else None
    with unit_of_work(db.session()):
        record(db.session(), Kind.PASSWORD_CHANGED, actor=actor, subject=f"user {user.id}")
        if here and not _is_api() and current_user.id == user.id:
            session.update(_new_marks(user))
    popup.reconnect(user.id)


def go_on_here(user: Staff) -> None:
    """Everything of the person's was ended in this transaction: this browser alone stays signed in."""
    session.update(_new_marks(user))


def prove_again(_sender: Any, *, user: Staff) -> None:
    """Open pages show who they are anew: whoever may not be here any more hears nothing (M13)."""
    popup.reconnect(user.id)


def note_code(_sender: Any, *, user: Staff, answer: Answer) -> None:
    """Journal a second step that failed, or that was taken with a recovery code."""
    new = {"login": user.username, "address": request.remote_addr or "", "api": _is_api(), "code": True}
    with unit_of_work(db.session()):
        if not answer.is_right:
            record(db.session(), Kind.SIGN_IN_FAILED, actor=None, new=new)
        elif answer is Answer.RECOVERY:
            record(db.session(), Kind.RECOVERY_CODE_USED, actor=_actor_of(user))


def note_failure(_sender: Any, *, login: str) -> None:
    """Journal a refused sign-in, which has no actor: the login as typed and the address."""
    new = {"login": clean_text(login[:LOGIN_SHOWN]), "address": request.remote_addr or "", "api": _is_api()}
    with unit_of_work(db.session()):
        record(db.session(), Kind.SIGN_IN_FAILED, actor=None, new=new)
