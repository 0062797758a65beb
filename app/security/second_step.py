"""Between the password and the code: the browser waits, with no access to anything."""

from __future__ import annotations

import hmac
import time
from typing import Any

from flask import redirect, session, url_for
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import login_user

from app.extensions import db
from app.security import second_factor, sessions, signals
from app.security.second_factor import Answer
from models import Staff

WAITING = "second_step"
PATIENCE = 600  # seconds from the password to the code
# where each person wants to begin (settings); the first one is the default
START_PAGES = {"day": "/", "inbox": "/tickets/inbox", "outbox": "/tickets/outbox", "new": "/tickets/new"}


def let_in(user: Staff, target: str = "") -> Any:
    """The person has proved his first factor: sign him in, or ask for the code first.

    Every way of signing in that has a page must end here. Returns the redirect; ``target`` is a page of ours.
    """
    if second_factor.standing(db.session(), user.id).is_on:
        session[WAITING] = {
            "user": user.id,
            "login": user.username,
            "seal": sessions.seal_of(user),
            "at": int(time.time()),
            "next": target,
        }
        return redirect(url_for("SignInView.code"))
    login_user(user, remember=False)
    return redirect(first_page(user, target))


def finish(manager: Any, user: Staff) -> Any:
    """The code was right: he is in. Returns the redirect."""
    target = str(session.pop(WAITING, {}).get("next", ""))
    login_user(user, remember=False)
    signals.signed_in.send(manager, user=user)
    return redirect(first_page(user, target))


def first_page(user: Staff, target: str) -> str:
    """The page that was asked for, otherwise the one with which the person wants to begin."""
    return str(get_safe_redirect(target)) if target else START_PAGES.get(user.start_page, "/")


def waiting_user(manager: Any) -> Staff | None:
    """Whose code this browser may still type; None when there is nobody or it took too long."""
    waiting = session.get(WAITING) or {}
    if not waiting or time.time() - waiting["at"] > PATIENCE:
        session.pop(WAITING, None)
        return None
    user: Staff | None = manager.get_user_by_id(waiting["user"])
    if user is None or not user.is_active:
        return None
    return user if hmac.compare_digest(str(waiting["seal"]), sessions.seal_of(user)) else None


def waiting_login() -> str:
    """The login of whoever is between the two steps here, for the rate limit."""
    return str((session.get(WAITING) or {}).get("login", ""))


def refusal(answer: Answer) -> str:
    """The sentence for a code that was not taken."""
    if answer is Answer.LOCKED:
        return str(_("Too many wrong codes. Wait five minutes and try again."))
    return str(_("This code is wrong or was used already. Wait for the next one and type it."))
