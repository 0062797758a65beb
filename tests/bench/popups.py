"""From a ticket's commit to the pop-ups on open pages, and the same for pages that poll every two seconds.

``python -m tests.bench popups --pages 30,1000 --people 30,200 --rate 5 --seconds 30``.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.factory import create_app
from models import ChannelName, Delivery, JournalEntry, OutboxEvent
from tests.bench.crowd import Crowd, gather
from tests.bench.load import percentile
from tests.bench.pages import LivePage, PollingPage, Seen, make_http
from tests.bench.stack import COMMITTED, Web, cpu_clock, start_flask, start_web
from tests.support.databases import Place
from tests.support.servers import stop_servers
from tests.support.wire import wait_for_worker

HEAD = (
    "| pages | people | way | tickets | a second | told p50 ms | p95 | max | shown p50 ms | p95 | lost "
    "| requests a second | cores busy | before the first ticket | CPU s per 1,000 tickets |\n"
    "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)
AT_ONCE = 20  # pages that connect at the same time
QUIET = 10.0  # seconds of open pages before the first ticket
PATIENCE = 60.0  # seconds after the last ticket


@dataclass
class Run:
    """One row of the table. ``told`` and ``shown``: seconds since the commit, sorted."""

    way: str
    tickets: int
    told: list[float]
    shown: list[float]
    lost: int
    seconds: float
    writing: float  # seconds until the last ticket was answered
    seen: Seen
    cpu: float
    cpu_quiet: float


@dataclass
class Ground:
    """What a run stands on."""

    place: Place
    application: Flask
    web: Web
    worker: subprocess.Popen[bytes]
    crowd: Crowd
    cpu: Callable[[], float]

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.web.port}"


def main(arguments: list[str]) -> None:
    """Start, measure, print, clean up."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench popups")
    parser.add_argument("--pages", default="30,1000", help="open pages")
    parser.add_argument("--people", default="30,200", help="whose pages they are")
    parser.add_argument("--ways", default="live,polling")
    parser.add_argument("--rate", type=float, default=5.0, help="tickets a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="for how long tickets are written")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-bench-"))
    place = Place(folder, 1)
    print(f"\n## From the commit to the pop-up\n\n{HEAD}")
    try:
        for pages, people in zip(options.pages.split(","), options.people.split(","), strict=True):
            for way in options.ways.split(","):
                run = _measure(place, way, int(pages), int(people), options.rate, options.seconds)
                print(_row(int(pages), int(people), run), flush=True)
    finally:
        stop_servers(folder)


def _measure(place: Place, way: str, pages: int, people: int, rate: float, seconds: float) -> Run:
    url = place.new_database("postgres")
    application = create_app(place.settings(url, WTF_CSRF_ENABLED=True))
    crowd = gather(application, pages=pages, people=people)
    web = start_web(place, url, "tests.bench.stamped:app", threads=pages + 100 if way == "live" else 60)
    worker = start_flask(place, url, "worker", "--prompt")
    try:
        with application.app_context():
            wait_for_worker()
        cpu = cpu_clock(place, web, url, worker.pid, place.servers.pids[0])
        ground = Ground(place, application, web, worker, crowd, cpu)
        return asyncio.run(_run(ground, way, rate, seconds))
    finally:
        worker.terminate()
        worker.wait()
        web.stop()
        with application.app_context():
            db.engine.dispose()


async def _run(ground: Ground, way: str, rate: float, seconds: float) -> Run:
    seen, connector = Seen(), TCPConnector(limit=0, keepalive_timeout=1.5)
    name, kind = ground.application.config["SESSION_COOKIE_NAME"], LivePage if way == "live" else PollingPage
    pages = [
        kind(number, visitor, ground.url, make_http(name, visitor.cookie, connector), seen)
        for number, visitor in enumerate(ground.crowd.visitors)
    ]
    writer = make_http(name, ground.crowd.writer.cookie, connector)
    try:
        await _open(pages)
        cpu_quiet, quiet_began = ground.cpu(), time.monotonic()
        await asyncio.sleep(QUIET)
        cpu_quiet = (ground.cpu() - cpu_quiet) / (time.monotonic() - quiet_began)
        seen.requests, began, cpu = 0, time.monotonic(), ground.cpu()
        commits = await _write(ground, writer, rate, seconds)
        writing = time.monotonic() - began
        wanted = await _settle(ground, commits, seen)
        took, used = time.monotonic() - began, ground.cpu() - cpu
    finally:
        for page in pages:
            with suppress(OSError):
                await page.close()
            await page.http.close()
        await writer.close()
        await connector.close()
    told = sorted(at - commits[wanted[delivery]] for (delivery, _page), at in seen.told.items())
    shown = sorted(at - commits[wanted[delivery]] for delivery, at in seen.shown.items())
    lost = len(wanted.keys() - {delivery for delivery, _page in seen.told})
    return Run(way, len(commits), told, shown, lost, took, writing, seen, used, cpu_quiet)


async def _open(pages: Sequence[LivePage | PollingPage]) -> None:
    """All pages, a few at a time."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def open_one(page: LivePage | PollingPage) -> None:
        async with turn:
            await page.open()

    await asyncio.gather(*(open_one(page) for page in pages))
    await asyncio.sleep(3)


async def _write(ground: Ground, writer: ClientSession, rate: float, seconds: float) -> dict[int, float]:
    """One writer, one ticket after the other; the moment of each ticket's commit by its number.

    A server that cannot keep up gets fewer tickets: the writer has twice the time, not more.
    """
    commits: dict[int, float] = {}
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        if time.monotonic() > began + 2 * seconds:
            break
        body = {
            "client_id": ground.crowd.client_id,
            "body": f"It broke, case {number}",
            **ground.crowd.address(number),
        }
        headers = {"X-CSRFToken": ground.crowd.writer.token}
        async with writer.post(f"{ground.url}/api/v1/ticket/", json=body, headers=headers) as answer:
            if answer.status != 201:
                raise RuntimeError(f"answered {answer.status}: {await answer.text()}")
            commits[int((await answer.json())["id"])] = float(answer.headers[COMMITTED])
    return commits


async def _settle(ground: Ground, commits: dict[int, float], seen: Seen) -> dict[int, int]:
    """Until every delivery of these tickets is shown, or long enough; the deliveries and their tickets."""
    deadline = time.monotonic() + PATIENCE
    while True:
        wanted = await asyncio.to_thread(_deliveries, ground.application)
        tickets = set(wanted.values())
        if (tickets >= commits.keys() and seen.shown.keys() >= wanted.keys()) or time.monotonic() > deadline:
            return wanted
        await asyncio.sleep(0.5)


def _deliveries(application: Flask) -> dict[int, int]:
    """The pop-ups of all tickets: the delivery's number and the ticket's."""
    with application.app_context():
        rows = db.session().execute(
            select(Delivery.id, JournalEntry.ticket_id)
            .join(OutboxEvent, OutboxEvent.id == Delivery.event_id)
            .join(JournalEntry, JournalEntry.id == OutboxEvent.journal_id)
            .where(Delivery.channel == ChannelName.POPUP)
        )
        found = {row.id: row.ticket_id for row in rows}
        db.session.remove()
    return found


def _row(pages: int, people: int, run: Run) -> str:
    told, shown = [one * 1000 for one in run.told], [one * 1000 for one in run.shown]
    columns = [
        f"{pages:,}",
        str(people),
        run.way,
        str(run.tickets),
        f"{run.tickets / run.writing:.1f}",
        *(f"{percentile(told, share):.0f}" for share in (0.5, 0.95, 1)),
        *(f"{percentile(shown, share):.0f}" for share in (0.5, 0.95)),
        str(run.lost),
        f"{run.seen.requests / run.seconds:.0f}",
        f"{run.cpu / run.seconds:.2f}",
        f"{run.cpu_quiet:.2f}",
        f"{run.cpu * 1000 / run.tickets:.0f}",
    ]
    trouble = f"  ({run.seen.failures} requests failed, {run.seen.reconnects} reconnected)"
    return f"| {' | '.join(columns)} |" + (trouble if run.seen.failures or run.seen.reconnects else "")
