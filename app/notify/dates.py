"""Memberships that begin or end by themselves, felt by open pages within seconds.

The rules go by the clock at every request and every emit. What is missing is a reason for an open page to
ask again: each process that serves sockets looks every :data:`EVERY` seconds whose membership began or ended
since anybody looked last, and has those people's pages connect and ask anew.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import and_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.extensions import db, redis
from app.notify import popup, presence
from models import Membership, utcnow

log = logging.getLogger(__name__)
EVERY = 2.0  # seconds
LONGEST = timedelta(hours=1)  # pages that stood open through a longer silence have connected anew anyway
FELT_KEY = "helpdesk:dates-felt"
_started = threading.Event()


def crossed(session: Session, since: datetime, until: datetime) -> set[int]:
    """Ids of those of whom a membership began or ended in (since, until]."""
    begins = and_(Membership.valid_from > since, Membership.valid_from <= until)
    ends = and_(Membership.valid_until > since, Membership.valid_until <= until)
    return set(session.scalars(select(Membership.user_id).where(or_(begins, ends))))


def feel_dates(session: Session, *, now: datetime | None = None) -> set[int]:
    """Have everyone's pages ask anew whose membership began or ended since the last look of any process.

    Returns whom. The stretch of time is claimed in Redis, so that of several processes one tells.
    """
    now = now or utcnow()
    before: Any = redis().getset(FELT_KEY, str(now.timestamp()))
    since = datetime.fromtimestamp(float(before), UTC) if before else now - timedelta(seconds=EVERY * 2)
    felt = crossed(session, max(since, now - LONGEST), now) & presence.everyone_online()
    for user_id in sorted(felt):
        popup.reconnect(user_id)
    return felt


def start_feeling(application: Flask, start: Any) -> None:
    """Once per process: look every :data:`EVERY` seconds, in a thread made by ``start``."""
    if not _started.is_set():
        _started.set()
        start(_feel_on, application)


def _feel_on(application: Flask) -> None:
    while True:
        time.sleep(EVERY)
        with application.app_context():
            try:
                feel_dates(db.session())
            except (RedisError, OSError, SQLAlchemyError) as error:
                log.warning("dates of memberships are not felt by open pages now: %s", error)
            finally:
                db.session.remove()
