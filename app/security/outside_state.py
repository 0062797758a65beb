"""What a browser carries while its person is away at a service, and that it comes back only once.

It lies in the session's cookie, so that a sign-in belongs to the browser that began it and strangers fill no
memory of ours. Redis keeps what was used: an old cookie must not open the same door again.
"""

from __future__ import annotations

import time
from typing import Any

from flask import session

from app.extensions import redis

KEY = "outside"
PATIENCE = 600  # seconds at the service
MOST = 3  # sign-ins begun at once, in several windows
LONGEST_TARGET = 500


def keep(state: str, *, target: str, **facts: Any) -> None:
    """Remember a sign-in that begins; ``target`` is the page to go to afterwards."""
    begun = dict(list((session.get(KEY) or {}).items())[1 - MOST :])
    target = target if len(target) <= LONGEST_TARGET else ""
    session[KEY] = {**begun, state: {**facts, "next": target, "at": int(time.time())}}


def take(state: str, provider: str) -> dict[str, Any] | None:
    """What was kept, once; None if this browser began nothing like it, or too long ago. Raises RedisError."""
    begun = dict(session.get(KEY) or {})
    found: dict[str, Any] | None = begun.pop(state, None)
    session[KEY] = begun
    if found is None or found["provider"] != provider or time.time() - found["at"] > PATIENCE:
        return None
    return found if is_first(state) else None


def is_first(name: str, *, seconds: int = PATIENCE) -> bool:
    """Whether nothing of this name has been used before. Raises RedisError."""
    return bool(redis().set(f"helpdesk:outside:{name}", "1", ex=seconds, nx=True))


def forget() -> None:
    """The person is in: whatever else was begun here ends."""
    session.pop(KEY, None)
