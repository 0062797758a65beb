"""Who is online and who is looking at what, in Redis: gone by itself when a process dies."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from redis.exceptions import RedisError

from app.extensions import redis

ONLINE_SECONDS = 75
WATCH_SECONDS = 40
TYPING_SECONDS = 5


def _online_key() -> str:
    return "helpdesk:online"


def _watch_key(ticket_id: int) -> str:
    return f"helpdesk:watch:{ticket_id}"


def seen(user_id: int) -> None:
    """The person has an open page at this moment."""
    try:
        redis().zadd(_online_key(), {str(user_id): time.time()})
    except (RedisError, OSError):
        return


def gone(user_id: int) -> None:
    """The last page of the person was closed."""
    try:
        redis().zrem(_online_key(), str(user_id))
    except (RedisError, OSError):
        return


def online(user_ids: Iterable[int]) -> set[int]:
    """Those of ``user_ids`` who have an open page; empty when Redis is away."""
    try:
        members: Any = redis().zrangebyscore(_online_key(), time.time() - ONLINE_SECONDS, "+inf")
    except (RedisError, OSError):
        return set()
    return {int(member) for member in members} & set(user_ids)


def watch(ticket_id: int, user_id: int, name: str, *, typing: bool = False) -> None:
    """The person looks at the ticket (and types, if so) at this moment."""
    entry = {"name": name, "at": time.time(), "typing": typing}
    try:
        connection = redis()
        connection.hset(_watch_key(ticket_id), str(user_id), json.dumps(entry))
        connection.expire(_watch_key(ticket_id), WATCH_SECONDS * 3)
    except (RedisError, OSError):
        return


def unwatch(ticket_id: int, user_id: int) -> None:
    """The person has left the ticket's page."""
    try:
        redis().hdel(_watch_key(ticket_id), str(user_id))
    except (RedisError, OSError):
        return


def watchers(ticket_id: int) -> list[dict[str, object]]:
    """``[{id, name, typing}]`` of those who look at a ticket now, by name."""
    try:
        stored: Any = redis().hgetall(_watch_key(ticket_id))
    except (RedisError, OSError):
        return []
    now = time.time()
    people = []
    for key, raw in stored.items():
        entry = json.loads(raw)
        if entry["at"] > now - WATCH_SECONDS:
            typing = entry["typing"] and entry["at"] > now - TYPING_SECONDS
            people.append({"id": int(key), "name": entry["name"], "typing": typing})
    return sorted(people, key=lambda person: str(person["name"]))
