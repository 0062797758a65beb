"""The courier: sends deliveries, each channel in a thread of its own.

A channel that hangs, is slow or answers nonsense keeps only its own thread waiting. What lives longer than a
message (the connection to the Jabber server) lives in this process. Its first thread looks every second for
deliveries whose moment has come, so that back-offs and the ladder need no scheduler.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from flask import Flask
from redis import Redis
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from app.events import wake_outbox
from app.extensions import db
from app.notify import mail_lines, queues
from app.notify.channels.registry import CHANNELS
from app.notify.fanout import waiting_events
from jobs import jabber, sms_listening
from jobs.mailbox import run_mailbox
from jobs.patience import outlast_redis
from jobs.worker import Worker

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two looks for what is due
POKE_EVERY = 10  # looks
POKED_AT_ONCE = 200
FORGOTTEN = timedelta(seconds=10)  # an event that has waited so long was not heard of
LAST_WORDS = 5.0  # seconds for what is being sent when we are told to leave


class ThreadWorker(Worker):
    """A worker that may run beside others in one process: signals are the main thread's business."""

    death_penalty_class = TimerDeathPenalty

    leave: threading.Event
    is_busy = False

    def _install_signal_handlers(self) -> None:
        """Only a main thread may, and it has its own."""

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Send, unless we are leaving: what is not begun any more is found by the next courier."""
        if self.leave.is_set():
            return False
        self.is_busy = True
        try:
            return super().perform_job(job, queue, execution)
        finally:
            self.is_busy = False


def run_courier(app: Flask, *, stop: threading.Event | None = None) -> None:
    """Send until told to stop (SIGTERM, SIGINT, or ``stop``)."""
    leave = stop or threading.Event()
    if stop is None:
        # from a thread: the handler runs in the middle of this thread's own wait(), under its lock
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: threading.Thread(target=leave.set, daemon=True).start())
    workers: dict[str, ThreadWorker] = {}
    for name in CHANNELS:
        _start(f"courier-{name}", partial(_serve, app, name, leave, workers))
    _start("courier-sms-listener", lambda: sms_listening.listen(app, leave))
    _start("courier-mailbox", lambda: run_mailbox(app, leave))
    desk = jabber.open_desk(app)
    try:
        turn = 0
        with mail_lines.lines.keep():
            while not leave.wait(EVERY):
                turn += 1
                look(app, turn=turn)
                desk.keep()
                mail_lines.lines.end_idle()
            _let_finish(workers)
    finally:
        jabber.close_desk()


def look(app: Flask, *, turn: int = 1) -> int:
    """Queue what is due; whatever goes wrong is tried again a second later.

    Every tenth ``turn`` the worker is poked once more for events whose poke a lost Redis has taken along.
    """
    with app.app_context():
        try:
            if turn % POKE_EVERY == 0:
                wake_outbox(waiting_events(db.session(), limit=POKED_AT_ONCE, older_than=FORGOTTEN))
            return queues.queue_due(db.session())
        except Exception:
            log.exception("deliveries that are due were not queued")
            return 0
        finally:
            db.session.remove()


def make_channel_worker(app: Flask, name: str, leave: threading.Event) -> ThreadWorker:
    """A worker of one channel's two queues, the urgent one first."""
    connection = Redis.from_url(app.config["REDIS_URL"])
    worker = ThreadWorker(
        [Queue(one, connection=connection, serializer=JSONSerializer) for one in queues.queue_names(name)],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.app, worker.leave = app, leave
    return worker


def _serve(app: Flask, name: str, leave: threading.Event, workers: dict[str, ThreadWorker]) -> None:
    def work() -> bool:
        workers[name] = make_channel_worker(app, name, leave)
        return workers[name].work(logging_level="WARNING")

    while not leave.is_set():
        outlast_redis(work)


def _let_finish(workers: dict[str, ThreadWorker]) -> None:
    """A message that is being handed over is handed over: its answer would be lost, and it would go twice."""
    deadline = monotonic() + LAST_WORDS
    while any(worker.is_busy for worker in workers.values()) and monotonic() < deadline:
        time.sleep(0.05)


def _start(name: str, target: Callable[[], Any]) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()
