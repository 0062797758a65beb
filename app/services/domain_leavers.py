"""Whoever is disabled, expired or deleted in the directory is not inside any more either.

A sign-in asks the directory by itself; cookies, tokens, API keys and open pages do not: they are ended here.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from flask_appbuilder.security.sqla.models import ApiKey
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory import able_people
from app.events import Kind, record, unit_of_work
from app.extensions import appbuilder, redis
from app.notify import popup
from app.security import sessions
from app.security.api_keys import is_taken_back
from app.services.directory_source import find_source, settings_of
from models import SignInWay, Staff

_OUT = "helpdesk:out-of-directory"


def show_out(session: Session) -> frozenset[int]:
    """End everything that is open of domain users who are disabled, expired or gone in the directory.

    Returns the ids of all who are so, whether anything of theirs was open or not. Raises DirectoryError
    before anything is changed. Commits once a person. Whoever is enabled again signs in again; ended keys
    stay ended.
    """
    known = select(Staff.directory_guid, Staff.id).where(
        Staff.sign_in_way == SignInWay.DOMAIN, Staff.directory_guid.is_not(None)
    )
    people = {str(guid): int(number) for guid, number in session.execute(known)}
    source = find_source(session)
    settings = settings_of(source) if people and source.id is not None else None
    session.commit()
    if settings is None:
        return frozenset()
    able = able_people(settings, people.keys())
    out = frozenset(number for guid, number in people.items() if guid not in able)
    seen = _seen_before()
    for user_id in sorted(out):
        with unit_of_work(session):
            is_ended = _end(session, user_id, is_news=user_id not in seen)
        if is_ended:
            popup.reconnect(user_id)
    _remember(out, seen)
    return out


def _end(session: Session, user_id: int, *, is_news: bool) -> bool:
    """Whether anything was open, which it is no longer.

    An administrator who came in by his local password after that stays: it is for such days.
    """
    user = session.get(Staff, user_id)
    if user is None or not _has_open(session, user):
        return False
    if not is_news and user.password and appbuilder().sm.is_administrator(user):
        return False
    sessions.end_all(session, user)
    user.revoke_keys()
    session.flush()
    new = {"everywhere": True, "keys": True, "directory": "disabled or gone"}
    record(session, Kind.SESSIONS_ENDED, actor=None, subject=f"user {user_id}", new=new)
    return True


def _has_open(session: Session, user: Staff) -> bool:
    if sessions.own_sessions(session, user):
        return True
    keys = select(ApiKey.created_on).where(
        ApiKey.user_id == user.id, ApiKey.revoked_on.is_(None), ApiKey.active
    )
    return any(not is_taken_back(made, user.keys_since) for made in session.scalars(keys))


def _seen_before() -> frozenset[int]:
    """Who was out the last time; without Redis nobody, so that rather too much is ended than too little."""
    with suppress(RedisError, OSError):
        return frozenset(int(number) for number in redis().smembers(_OUT))
    return frozenset()


def _remember(out: Collection[int], seen: Collection[int]) -> None:
    with suppress(RedisError, OSError):
        if gone := set(seen) - set(out):
            redis().srem(_OUT, *gone)
        if fresh := set(out) - set(seen):
            redis().sadd(_OUT, *fresh)
