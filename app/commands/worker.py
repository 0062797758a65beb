"""``flask worker``, ``flask courier``, ``flask scheduler``: the background processes, one by one."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app

from jobs.courier import run_courier
from jobs.scheduler import run_scheduler
from jobs.worker import PROMPT, SLOW, run_worker


def _this_app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]  # the application behind the proxy


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@click.option("--long", "is_long", is_flag=True, help="Only long jobs: imports, syncs.")
@click.option("--prompt", "is_prompt", is_flag=True, help="Only what must go out at once: news.")
def worker_command(burst: bool, is_long: bool, is_prompt: bool) -> None:
    """Run background jobs until stopped. Without an option all of them, the urgent ones first."""
    queues = PROMPT * (is_prompt or not is_long) + SLOW * (is_long or not is_prompt)
    run_worker(_this_app(), burst=burst, queues=queues)


@click.command("scheduler")
def scheduler_command() -> None:
    """Enqueue the periodic jobs until stopped."""
    run_scheduler(_this_app())


@click.command("courier")
def courier_command() -> None:
    """Send e-mail, SMS, Jabber and the rest until stopped, each channel in a thread of its own."""
    run_courier(_this_app())
