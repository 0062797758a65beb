"""The courier: sends deliveries, each channel in a thread of its own.

A channel that hangs, is slow or answers nonsense keeps only its own thread waiting. What lives longer than a
message (the connection to the Jabber server) lives in this process. Its first thread looks every second for
deliveries whose moment has come, so that back-offs and the ladder need no scheduler.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from redis import Redis
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from app.extensions import db
from app.notify import queues
from app.notify.channels.registry import CHANNELS
from jobs.mailbox import run_mailbox
from jobs.patience import outlast_redis
from jobs.worker import Worker

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two looks for what is due


class ThreadWorker(Worker):
    """A worker that may run beside others in one process: signals are the main thread's business."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Only a main thread may, and it has its own."""


def run_courier(app: Flask, *, stop: threading.Event | None = None) -> None:
    """Send until told to stop (SIGTERM, SIGINT, or ``stop``)."""
    leave = stop or threading.Event()
    if stop is None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: leave.set())
    for name in CHANNELS:
        _start(f"courier-{name}", lambda name=name: _serve(app, name, leave))  # type: ignore[misc]  # bound now
    _start("courier-mailbox", lambda: run_mailbox(app, leave))
    while not leave.wait(EVERY):
        look(app)


def look(app: Flask) -> int:
    """Queue what is due; whatever goes wrong is tried again a second later."""
    with app.app_context():
        try:
            return queues.queue_due(db.session())
        except Exception:
            log.exception("deliveries that are due were not queued")
            return 0
        finally:
            db.session.remove()


def make_channel_worker(app: Flask, name: str) -> ThreadWorker:
    """A worker of one channel's two queues, the urgent one first."""
    connection = Redis.from_url(app.config["REDIS_URL"])
    worker = ThreadWorker(
        [Queue(one, connection=connection, serializer=JSONSerializer) for one in queues.queue_names(name)],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.app = app
    return worker


def _serve(app: Flask, name: str, leave: threading.Event) -> None:
    while not leave.is_set():
        outlast_redis(lambda: make_channel_worker(app, name).work(logging_level="WARNING"))


def _start(name: str, target: Callable[[], Any]) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()
