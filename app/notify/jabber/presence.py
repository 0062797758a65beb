"""Who sits before his messenger, in Redis: told by the link, forgotten by itself when the link is gone."""

from __future__ import annotations

import time
from collections.abc import Iterable

from redis.exceptions import RedisError

from app.extensions import redis
from app.notify.jabber.account import bare_jid

ONLINE_KEY = "helpdesk:jabber-online"
# what the link says counts for so long; it repeats it several times meanwhile
ONLINE_SECONDS = 90


def is_online(jabber_id: str) -> bool:
    """Whether this person's messenger is on and he is at it (not "away"); False when nobody knows."""
    jid = bare_jid(jabber_id)
    if not jid:
        return False
    try:
        score = redis().zscore(ONLINE_KEY, jid)
    except (RedisError, OSError):
        return False
    return score is not None and float(str(score)) > time.time() - ONLINE_SECONDS


def write_online(jids: Iterable[str]) -> None:
    """These, and nobody else, are at their messengers at this moment."""
    now = time.time()
    present = {jid: now for one in jids if (jid := bare_jid(one))}
    try:
        with redis().pipeline(transaction=True) as pipe:
            pipe.delete(ONLINE_KEY)
            if present:
                pipe.zadd(ONLINE_KEY, present)
                pipe.expire(ONLINE_KEY, ONLINE_SECONDS)
            pipe.execute()
    except (RedisError, OSError):
        return
