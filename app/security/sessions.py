"""Signings in, kept on the server, so that they can be seen and taken back (traps.md M5).

A cookie of Flask's is signed, not stored: a copy of it would outlive signing out. So it carries the *key* of
a row of ``user_session`` and is worth nothing without it. The *seal* is made of the stored password and of
the person's epoch: a new password, disabling and "sign out everywhere" end cookies and tokens at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, exists, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.security.devices import device_name
from models import PushSubscription, Staff, UserSession, utcnow

SEAL, KEY = "seal", "sign_in"
BROWSER, API = "browser", "api"
SEEN_EVERY = timedelta(minutes=1)
PATIENCE = 200  # milliseconds; only a note of when somebody was seen


def seal_of(user: Staff) -> str:
    """What changes when everything of the person's must end; tells nothing about the password."""
    secret: str = current_app.config["SECRET_KEY"]
    facts = f"{user.id}|{user.session_epoch}|{user.password or ''}"
    return hmac.new(secret.encode(), facts.encode(), hashlib.sha256).hexdigest()[:32]


def is_sealed(carried: Mapping[str, Any], user: Staff) -> bool:
    """Whether a cookie or a token was given out in the person's present epoch."""
    return hmac.compare_digest(str(carried.get(SEAL, "")).encode(), seal_of(user).encode())


def open_session(
    session: Session, user: Staff, *, kind: str = BROWSER, address: str = "", agent: str = ""
) -> dict[str, str]:
    """Keep a new signing in and return the marks that its cookie or token carries.

    What nobody has used for as long as a cookie lives is forgotten.
    """
    session.execute(delete(UserSession).where(UserSession.last_seen_at < utcnow() - lifetime()))
    row = UserSession(
        key=secrets.token_urlsafe(18),
        user_id=user.id,
        epoch=user.session_epoch,
        kind=kind,
        address=address[:45],
        device=device_name(agent),
    )
    session.add(row)
    session.flush()
    return {SEAL: seal_of(user), KEY: row.key}


def lifetime() -> timedelta:
    """How long a session lives without being used."""
    found: timedelta = current_app.config["PERMANENT_SESSION_LIFETIME"]
    return found


def is_open(key: Any) -> ColumnElement[bool]:
    """The condition that joins a person to his session of this key, if it is not over."""
    return and_(
        UserSession.user_id == Staff.id,
        UserSession.key == (key if isinstance(key, str) else ""),
        UserSession.epoch == Staff.session_epoch,
        UserSession.last_seen_at > utcnow() - lifetime(),
    )


def has_session(session: Session, key: Any) -> bool:
    """Whether a signing in still holds, asked by itself: open sockets do now and then."""
    query = select(exists().where(Staff.active.is_(True), is_open(key)))
    return bool(session.scalar(query))


def own_sessions(session: Session, user: Staff) -> Sequence[UserSession]:
    """The person's signings in that hold, the latest used first."""
    query = select(UserSession).join(Staff, Staff.id == UserSession.user_id).where(Staff.id == user.id)
    query = query.where(
        UserSession.epoch == Staff.session_epoch, UserSession.last_seen_at > utcnow() - lifetime()
    )
    return session.scalars(query.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())).all()


def end_session(session: Session, key: Any) -> None:
    """Forget a signing in, in the caller's transaction; no copy of its cookie opens anything any more."""
    if isinstance(key, str) and key:
        session.execute(delete(UserSession).where(UserSession.key == key))


def end_all(session: Session, user: Staff) -> None:
    """End every cookie and token of the person, in the caller's transaction; no browser of his is told
    anything any more either, until he is in again and switches that on."""
    user.end_sessions()
    session.execute(delete(PushSubscription).where(PushSubscription.user_id == user.id))
    session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    session.flush()


def is_stale(seen_at: datetime) -> bool:
    """Whether the note of when a session was last used is old enough to be written anew."""
    return seen_at < utcnow() - SEEN_EVERY


def note_seen(session: Session, key: str, address: str) -> None:
    """Write that the session is in use now, in a transaction of its own: nothing else may be under way.

    The database being busy is no reason to keep a page waiting: then the next request writes it.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    try:
        if is_sqlite:
            session.execute(text(f"PRAGMA busy_timeout = {PATIENCE}"))
        values = {"last_seen_at": utcnow(), "address": address[:45]}
        session.execute(update(UserSession).where(UserSession.key == key).values(values))
        session.commit()
    except OperationalError:
        session.rollback()
    finally:
        if is_sqlite:
            session.execute(text("PRAGMA busy_timeout = 15000"))
