"""What the bench runs on: a seeded database, web processes on it, and their CPU clocks."""

from __future__ import annotations

import os
import signal
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
COMMITTED = "Bench-Committed"  # the header of an answer from stamped.py


@dataclass
class Web:
    """A running gunicorn."""

    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it and its workers; open sockets are not waited for."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

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


def start_web(place: Place, url: str, target: str = "app.wsgi:app", *, threads: int = 8) -> Web:
    """gunicorn as in production, two workers; an open page with its socket takes one of ``threads``."""
    port = free_port()
    environment = {**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", str(WORKERS)]
    command += ["--threads", str(threads), "--worker-connections", str(threads + 1000)]
    process = subprocess.Popen(
        [*command, "--keep-alive", "30", "-b", f"127.0.0.1:{port}", target],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_port(port, target)
    return Web(port, process)


def start_flask(place: Place, url: str, *command: str) -> subprocess.Popen[bytes]:
    """One of our commands as a process of its own: ``start_flask(place, url, "courier")``."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app.wsgi:app", *command],
        env={**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def cpu_clock(place: Place, web: Web, url: str, *others: int) -> Callable[[], float]:
    """A function that reads the CPU seconds of the web processes, the database and ``others``."""
    roots = [web.process.pid, *others]
    if urlsplit(url).scheme.startswith("postgresql"):
        roots.append(place.servers.pids[1])
    return lambda: sum(_family_seconds(pid) for pid in roots)


def _family_seconds(pid: int) -> float:
    """CPU seconds of a process, of its children, and of those that have ended already."""
    total = 0.0
    parent = psutil.Process(pid)
    for member in [parent, *parent.children(recursive=True)]:
        try:
            times = member.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
