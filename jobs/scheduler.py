"""The scheduler: rq's own cron over the table of periodic jobs. Any number of them may run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from flask import Flask
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq.cron import CronJob, CronScheduler
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from jobs.patience import outlast_redis
from jobs.periodic import PERIODIC, Periodic
from models import utcnow

KEEP_FAILED = timedelta(days=7)


class PeriodicJob(CronJob):
    """A row of the table. rq 3.0 itself would enqueue a pickle with arguments fixed at start."""

    def __init__(self, periodic: Periodic) -> None:
        super().__init__(periodic.queue, func=periodic.job, cron=periodic.cron)
        self.periodic = periodic

    def enqueue(self, connection: Redis) -> Job:
        """Put the job into its queue with the arguments of this moment."""
        queue = Queue(self.queue_name, connection=connection, serializer=JSONSerializer)
        return queue.enqueue(
            self.func_name,
            args=self.periodic.arguments(utcnow()),
            ttl=self.periodic.patience,
            job_timeout=self.periodic.timeout,
            result_ttl=0,
            failure_ttl=int(KEEP_FAILED.total_seconds()),
        )


class Scheduler(CronScheduler):
    """rq's scheduler, filled from our table."""

    def __init__(self, connection: Redis, table: Sequence[Periodic] = PERIODIC) -> None:
        super().__init__(connection=connection, logging_level="WARNING")
        self._cron_jobs = [PeriodicJob(periodic) for periodic in table]

    def register_death(self, pipeline: Pipeline | None = None) -> None:
        """Without Redis there is nothing to be struck off from, and the end must not become an error."""
        with suppress(RedisError, OSError):
            super().register_death(pipeline)


def run_scheduler(app: Flask) -> None:
    """Enqueue periodic jobs until told to stop; a Redis that is away is waited for."""

    def run() -> None:
        scheduler = Scheduler(Redis.from_url(app.config["REDIS_URL"]))
        scheduler.start()  # type: ignore[no-untyped-call]  # rq gives it no types

    outlast_redis(run)
