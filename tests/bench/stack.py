"""What the bench runs on: a seeded database, web processes on it, and their CPU clocks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.support.databases import Place, migrate
from tests.support.servers import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2


@dataclass
class Web:
    """A running gunicorn."""

    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it and its workers."""
        self.process.terminate()
        self.process.wait(timeout=10)

    def memory(self) -> float:
        """Resident MiB of all its processes."""
        parent = psutil.Process(self.process.pid)
        family = [parent, *parent.children(recursive=True)]
        return float(sum(member.memory_info().rss for member in family)) / 2**20


def seed(place: Place, kind: str, tickets: int) -> str:
    """A fresh database with the demo's people and this many tickets; returns its address."""
    url = place.empty_database(kind)
    migrate(place.settings(url))
    environment = {**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT)}
    start = time.monotonic()
    command = [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "seed", "--tickets", str(tickets)]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print(f"# {kind}: {tickets:,} tickets seeded in {time.monotonic() - start:.0f} s", flush=True)
    if kind == "postgres":
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    return url


def start_web(place: Place, url: str, target: str = "app.wsgi:app") -> Web:
    """gunicorn as in production, two workers."""
    port = free_port()
    environment = {**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", str(WORKERS), "--threads", "8"]
    process = subprocess.Popen(
        [*command, "--keep-alive", "30", "-b", f"127.0.0.1:{port}", target],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_port(port, target)
    return Web(port, process)


def cpu_clock(place: Place, web: Web, url: str) -> Callable[[], float]:
    """A function that reads the CPU seconds of the web processes and of the database's."""
    roots = [web.process.pid]
    if urlsplit(url).scheme.startswith("postgresql"):
        roots.append(place.servers.pids[1])

    def read() -> float:
        total = 0.0
        for pid in roots:
            parent = psutil.Process(pid)
            for member in [parent, *parent.children(recursive=True)]:
                try:
                    times = member.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += times.user + times.system
        return total

    return read
