"""What a signed-in browser or token carries, so that it can be taken back (traps.md M5).

A cookie of Flask's is signed, not stored: a copy of it would outlive signing out and a new password. The
*seal* is made of the stored password, so a new one ends everything that was opened with the old; the *key*
names one signing in, and those that were ended by signing out are remembered as long as their cookies live.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import EndedSession, Staff, utcnow

SEAL, KEY = "seal", "sign_in"


def seal_of(user: Staff) -> str:
    """What changes when the person's password does; tells nothing about the password."""
    secret: str = current_app.config["SECRET_KEY"]
    text = f"{user.id}|{user.password or ''}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def new_marks(user: Staff) -> dict[str, str]:
    """What the cookie of a new signing in carries."""
    return {SEAL: seal_of(user), KEY: secrets.token_urlsafe(18)}


def is_sealed(carried: Mapping[str, Any], user: Staff) -> bool:
    """Whether a cookie or a token was given out under the person's present password."""
    return hmac.compare_digest(str(carried.get(SEAL, "")).encode(), seal_of(user).encode())


def has_ended(key: Any) -> ColumnElement[bool]:
    """The condition that a signing in was ended; a cookie without a key is never open anyway."""
    return exists().where(EndedSession.key == key) if isinstance(key, str) and key else true()


def end_session(session: Session, key: Any, *, lifetime: timedelta) -> None:
    """Remember in the caller's transaction that this signing in is over, and forget what has expired."""
    session.execute(delete(EndedSession).where(EndedSession.ended_at < utcnow() - lifetime))
    if not (isinstance(key, str) and key):
        return
    try:
        with session.begin_nested():
            session.add(EndedSession(key=key))
    except IntegrityError:
        return  # signed out in two tabs at once
