"""The one table of periodic jobs. The scheduler puts them into the queue, the worker runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.services.directory_source import SYNC_MINUTE
from jobs.archive import archive_done_tickets
from jobs.client_base import find_doubles, sweep_uploads, sync_by_night
from jobs.delivering import queue_due
from jobs.domain_leavers import show_out_leavers
from jobs.group_roles import apply_groups_by_night
from jobs.invitations import send_waiting_letters
from jobs.mailbox import poll_mailbox, sweep_attachments
from jobs.outbox import sweep_outbox


@dataclass(frozen=True)
class Periodic:
    """A job and when it runs.

    ``cron`` has the five usual fields. ``slot`` names the turn by a format of the moment (UTC) and is the
    job's argument: of several schedulers' jobs for one turn, the first does it (jobs.once). ``patience`` is
    how many seconds a job may wait in the queue before it is thrown away: the next one does its work as well.
    ``timeout`` is how many seconds it may work.
    """

    job: Callable[..., Any]
    cron: str
    patience: int
    slot: str = ""
    queue: str = "low"
    timeout: int = 180

    def arguments(self, moment: datetime) -> tuple[str, ...]:
        """The job's arguments when it is enqueued at this moment (aware, UTC)."""
        return (moment.strftime(self.slot),) if self.slot else ()


PERIODIC = (
    Periodic(sweep_outbox, "* * * * *", patience=60, queue="default"),
    Periodic(queue_due, "* * * * *", patience=60, queue="default"),
    Periodic(send_waiting_letters, "* * * * *", patience=60, queue="default"),
    Periodic(poll_mailbox, "* * * * *", patience=60, timeout=600),
    Periodic(sync_by_night, f"{SYNC_MINUTE} * * * *", patience=3600, slot="%Y-%m-%dT%H", timeout=1800),
    Periodic(apply_groups_by_night, "37 * * * *", patience=3600, slot="%Y-%m-%dT%H", timeout=900),
    Periodic(show_out_leavers, "*/10 * * * *", patience=600),
    Periodic(find_doubles, "42 1 * * *", patience=6 * 3600, slot="%Y-%m-%d", timeout=1800),
    Periodic(sweep_attachments, "17 2 * * *", patience=6 * 3600, timeout=900),
    Periodic(sweep_uploads, "27 * * * *", patience=3600, slot="%Y-%m-%dT%H"),
    Periodic(archive_done_tickets, "7 * * * *", patience=3600, slot="%Y-%m-%dT%H"),
)
