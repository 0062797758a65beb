"""The worker: takes jobs from the queues in order of urgency and runs each at once, without forking."""

from __future__ import annotations

from types import FrameType

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from jobs.patience import outlast_redis

# news go out in milliseconds: they must never wait behind an import of minutes
PROMPT = ("high", "default")
SLOW = ("low",)
QUEUES = (*PROMPT, *SLOW)


class Worker(SimpleWorker):
    """Runs each job in an application context, in its own process: a fork costs more than most jobs."""

    app: Flask
    is_told_to_stop = False

    def request_stop(self, signum: int | None, frame: FrameType | None) -> None:
        """rq asks Redis when it is told to stop, and forgets it if Redis went in the same moment."""
        self.is_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # rq gives it no types

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """The context's end closes the job's database session, whatever the job did with it."""
        with self.app.app_context():
            return super().perform_job(job, queue, execution)


def make_worker(app: Flask, *, queues: tuple[str, ...] = QUEUES) -> Worker:
    """A worker on the application's Redis; jobs travel as JSON, never as pickle (traps.md M15)."""
    # a connection of its own: rq lengthens its timeouts to wait for jobs, requests must keep their short ones
    connection = Redis.from_url(app.config["REDIS_URL"])
    worker = Worker(
        [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues],
        connection=connection,
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.app = app
    return worker


def run_worker(app: Flask, *, burst: bool = False, queues: tuple[str, ...] = QUEUES) -> bool:
    """Work until told to stop, whether Redis is there or not; ``burst``: until the queues are empty.

    Returns whether any job was done.
    """
    if burst:
        return make_worker(app, queues=queues).work(burst=True, logging_level="WARNING")

    def work() -> bool:
        worker = make_worker(app, queues=queues)
        try:
            return worker.work(logging_level="WARNING")
        except (RedisError, OSError):
            if worker.is_told_to_stop:
                raise StopRequested from None
            raise

    return bool(outlast_redis(work))
