"""Who is online and who is looking at what, in Redis: gone by itself when a process dies.

Everything is kept per connection (``sid``), because a person may have several pages open: closing one of
them must not hide him while another is there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from redis.exceptions import RedisError

from app.extensions import redis

ONLINE_SECONDS = 75
GRACE_SECONDS = 4  # from one page to the next nobody goes offline
WATCH_SECONDS = 45
TYPING_SECONDS = 5
ONLINE_KEY = "helpdesk:online"


def _watch_key(ticket_id: int) -> str:
    return f"helpdesk:watch:{ticket_id}"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def seen(user_id: int, sid: str) -> bool:
    """The person has this page open at this moment. Returns whether he was offline until now."""
    now = time.time()
    try:
        new = user_id not in online([user_id])
        with redis().pipeline(transaction=False) as pipe:
            pipe.zadd(ONLINE_KEY, {f"{user_id}:{sid}": now})
            pipe.zremrangebyscore(ONLINE_KEY, "-inf", now - ONLINE_SECONDS)
            pipe.execute()
        return new
    except (RedisError, OSError):
        return False


def leaving(user_id: int, sid: str) -> None:
    """One page of the person was closed: it counts for :data:`GRACE_SECONDS` more."""
    try:
        nearly_over = time.time() - ONLINE_SECONDS + GRACE_SECONDS
        redis().zadd(ONLINE_KEY, {f"{user_id}:{sid}": nearly_over}, xx=True)
    except (RedisError, OSError):
        return


def _connections() -> list[tuple[int, str]]:
    """(person, sid) of every page that is open now."""
    members: Any = redis().zrangebyscore(ONLINE_KEY, time.time() - ONLINE_SECONDS, "+inf")
    pairs = (_text(member).partition(":") for member in members)
    return [(int(user), sid) for user, _colon, sid in pairs]


def online(user_ids: Iterable[int]) -> set[int]:
    """Those of ``user_ids`` who have an open page; empty when Redis is away."""
    try:
        return {user for user, _sid in _connections()} & set(user_ids)
    except (RedisError, OSError):
        return set()


def everyone_online() -> set[int]:
    """All who have an open page; empty when Redis is away."""
    try:
        return {user for user, _sid in _connections()}
    except (RedisError, OSError):
        return set()


def connections_of(user_id: int) -> list[str]:
    """The sids of a person's open pages."""
    try:
        return [sid for user, sid in _connections() if user == user_id]
    except (RedisError, OSError):
        return []


def watch(ticket_id: int, user_id: int, sid: str, name: str, *, typing: bool = False) -> None:
    """The person looks at the ticket in this page (and types, if so) at this moment."""
    entry = {"name": name, "at": time.time(), "typing": typing}
    try:
        with redis().pipeline(transaction=False) as pipe:
            pipe.hset(_watch_key(ticket_id), f"{user_id}:{sid}", json.dumps(entry))
            pipe.expire(_watch_key(ticket_id), WATCH_SECONDS * 3)
            pipe.execute()
    except (RedisError, OSError):
        return


def unwatch(ticket_id: int, user_id: int, sid: str) -> None:
    """This page shows the ticket no more."""
    try:
        redis().hdel(_watch_key(ticket_id), f"{user_id}:{sid}")
    except (RedisError, OSError):
        return


def watchers(ticket_id: int) -> list[dict[str, object]]:
    """``[{id, name, typing}]`` of those who look at a ticket now, each once, by name."""
    try:
        stored: Any = redis().hgetall(_watch_key(ticket_id))
    except (RedisError, OSError):
        return []
    now = time.time()
    people: dict[int, dict[str, object]] = {}
    for key, raw in stored.items():
        entry = json.loads(raw)
        if entry["at"] <= now - WATCH_SECONDS:
            continue
        user_id = int(_text(key).partition(":")[0])
        typing = bool(entry["typing"]) and entry["at"] > now - TYPING_SECONDS
        person = people.setdefault(user_id, {"id": user_id, "name": entry["name"], "typing": False})
        person["typing"] = person["typing"] or typing
    return sorted(people.values(), key=lambda person: str(person["name"]))
