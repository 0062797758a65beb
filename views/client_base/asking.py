"""Asking the worker for a long piece of work."""

from __future__ import annotations

import logging

from flask_babel import gettext as _
from redis.exceptions import RedisError

from app.extensions import queue

log = logging.getLogger(__name__)
QUARTER = 900  # seconds


def ask_worker(job: str, *arguments: object, timeout: int = QUARTER) -> bool:
    """Put a job into the queue of patient work; False when the queue does not answer.

    ``timeout`` is in seconds of the job's own time.
    """
    try:
        queue("low").enqueue(job, *arguments, job_timeout=timeout, result_ttl=0, failure_ttl=86_400)
    except (RedisError, OSError) as error:
        log.warning("no Redis, %s was not asked for: %s", job, error)
        return False
    return True


def no_answer() -> str:
    """What to tell the person then."""
    return str(_("The queue of background work does not answer. Try again in a minute."))
