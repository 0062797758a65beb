"""A Redis that goes away ends neither the scheduler nor the worker, and so not the pages either."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry
from rq.exceptions import StopRequested

from jobs.patience import outlast_redis
from jobs.scheduler import Scheduler


@pytest.mark.parametrize("error", [NoConnection("refused"), NoAnswer("silent"), OSError("reset")])
def test_work_goes_on_when_redis_is_back(error: Exception) -> None:
    answers: list[Any] = [error, error, "done"]

    def work() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    assert outlast_redis(work, wait=0) == "done"
    assert not answers


def test_a_fault_of_ours_is_no_missing_redis() -> None:
    def work() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        outlast_redis(work, wait=0)


def test_stopping_ends_the_waiting() -> None:
    def work() -> None:
        raise StopRequested

    assert outlast_redis(work) is None


def test_a_scheduler_without_redis_ends_without_another_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nobody = Redis(port=port, retry=Retry(NoBackoff(), 0))
    scheduler = Scheduler(nobody, table=())
    monkeypatch.setattr(scheduler, "_install_signal_handlers", lambda: None)  # pytest has its own
    scheduler.register_death()
    began = threading.Event()

    def work() -> str:
        if not began.is_set():
            began.set()
            scheduler.start()  # type: ignore[no-untyped-call]  # rq gives it no types
        return "tried again"

    start = time.monotonic()
    assert outlast_redis(work, wait=0) == "tried again"
    assert time.monotonic() - start < 10
    nobody.close()
