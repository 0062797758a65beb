"""Programs that are killed as by a power cut and started again: ours, and a run's own servers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from tests.support.servers import NOBODY, Servers, wait_for_port

REDIS = ("--bind", "127.0.0.1", "--save", "", "--databases", "64")
ROOT = Path(__file__).resolve().parents[2]


class Victim(Protocol):
    """Whatever can be killed and started again."""

    @property
    def name(self) -> str: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Program:
    """One of our processes."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready when it is."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """At once, with its children."""
        if self.running is not None:
            with suppress(ProcessLookupError):  # it has ended by itself: its log says why
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


@dataclass
class Server:
    """A server that runs already: it comes back with the very command it was started by."""

    name: str
    pid: int
    port: int
    down_for: float = 1.0
    command: tuple[str, ...] = ()

    def kill(self) -> None:
        """At once, with its children: PostgreSQL's outlive it for a moment and keep its memory."""
        process = psutil.Process(self.pid)
        self.command = tuple(process.cmdline())
        if self.name == "redis":  # it shows other words than it was started by
            self.command = (process.exe(), "--port", str(self.port), *REDIS)
        everyone = [process, *process.children(recursive=True)]
        for one in everyone:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(everyone, timeout=10)

    def start(self) -> None:
        """After a while, again on its port."""
        time.sleep(self.down_for)
        lower = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        steps_down = os.geteuid() == 0 and self.name == "postgres"
        process = subprocess.Popen(
            [*(lower if steps_down else []), *self.command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = process.pid
        _kept.append(process)
        wait_for_port(self.port, self.name)


# so that nobody warns of running processes; whoever made the run ends them by :func:`end`
_kept: list[subprocess.Popen[bytes]] = []


def servers_of(servers: Servers) -> list[Server]:
    """The run's Redis and PostgreSQL as victims. Only of a run that no other test shares."""
    ports = {"redis": servers.redis_port, "postgres": servers.postgres_port}
    return [Server(name, _listener(port), port) for name, port in ports.items()]


def _listener(port: int) -> int:
    """The process that listens there: it may have been killed and started since the run began."""
    found = psutil.net_connections("tcp4")
    ours = [one for one in found if one.status == psutil.CONN_LISTEN and one.laddr.port == port]
    return min(int(one.pid) for one in ours if one.pid)


def end(servers: list[Server]) -> None:
    """For good."""
    for server in servers:
        with suppress(psutil.NoSuchProcess):
            server.kill()
