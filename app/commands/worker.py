"""``flask worker`` and ``flask scheduler``: the background processes, for those who start each by itself."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app

from jobs.scheduler import run_scheduler
from jobs.worker import run_worker


def _this_app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]  # the application behind the proxy


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
def worker_command(burst: bool) -> None:
    """Run background jobs until stopped."""
    run_worker(_this_app(), burst=burst)


@click.command("scheduler")
def scheduler_command() -> None:
    """Enqueue the periodic jobs until stopped."""
    run_scheduler(_this_app())
