"""The scheduler: rq's own cron over the table of periodic jobs. Any number of them may run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Flask
from redis import Redis
from rq.cron import CronJob, CronScheduler
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

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
            result_ttl=0,
            failure_ttl=int(KEEP_FAILED.total_seconds()),
        )


class Scheduler(CronScheduler):
    """rq's scheduler, filled from our table."""

    def __init__(self, connection: Redis, table: Sequence[Periodic] = PERIODIC) -> None:
        super().__init__(connection=connection, logging_level="WARNING")
        self._cron_jobs = [PeriodicJob(periodic) for periodic in table]


def run_scheduler(app: Flask) -> None:
    """Enqueue periodic jobs until told to stop."""
    scheduler = Scheduler(Redis.from_url(app.config["REDIS_URL"]))
    scheduler.start()  # type: ignore[no-untyped-call]  # rq gives it no types
