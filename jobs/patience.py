"""Background processes outlast a Redis that is away: without them the pages go on, and so must they."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisError
from rq.exceptions import StopRequested

log = logging.getLogger(__name__)
WAIT = 3.0  # seconds until the next try
R = TypeVar("R")


def outlast_redis(work: Callable[[], R], *, wait: float = WAIT) -> R | None:
    """Do ``work`` again and again until it ends by itself; None when told to stop in between.

    What is lost meanwhile is found by the sweep of the outbox and by the next turn of a periodic job.
    """
    while True:
        try:
            return work()
        except StopRequested:
            return None
        except (RedisError, OSError) as error:
            log.warning("no Redis, trying again in %.0f s: %s", wait, error)
        try:
            time.sleep(wait)
        except StopRequested:
            return None
