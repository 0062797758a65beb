"""What ``make run`` does, in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import config
from app.launcher.children import Child, fork, set_on_signal, stop
from app.launcher.errors import CannotStart
from app.launcher.redis_server import ensure_answers, start_redis

# seconds: to see one another's end, to stop in peace
BEAT = 0.1
PATIENCE = 6.0


def main() -> int:
    """Start everything, wait for Ctrl-C or for a process to fail, stop everything. Returns the exit code."""
    leave = threading.Event()
    set_on_signal(leave, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    children: list[Child] = []
    try:
        with _alone(config.load()["VAR_DIR"] / "launcher.lock"):
            try:
                return _run(children, leave)
            finally:
                _stop(children)
    except (CannotStart, config.ConfigError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(children: list[Child], leave: threading.Event) -> int:
    environment = dict(os.environ)
    settings = config.load(environment)
    host, port = settings["HOST"], settings["PORT"]
    _ensure_free(host, port)
    if environment.get("REDIS_URL", "").strip():
        ensure_answers(settings["REDIS_URL"])
    else:
        environment["REDIS_URL"], server = start_redis(settings["VAR_DIR"] / "redis")
        children.append(server)
    logins = _start(children, config.load(environment), environment, leave)
    if not leave.is_set() and _wait_for_page(host, port, children, leave):
        _greet(host, port, logins)
    while not leave.wait(BEAT):
        for child in children:
            if child.has_ended():
                print(f"{child.name} has ended ({child.status}): stopping the rest.", file=sys.stderr)
                return 1
    return 0


def _start(
    children: list[Child], settings: dict[str, Any], environment: dict[str, str], leave: threading.Event
) -> list[tuple[str, str, str]]:
    """Make the application, prepare its database, fork the processes; returns the demo logins."""
    from app.factory import create_app
    from app.launcher.prepare import demo_logins, prepare
    from app.launcher.web import run_web
    from jobs.courier import run_courier
    from jobs.scheduler import run_scheduler
    from jobs.worker import PROMPT, SLOW, run_worker

    app = create_app(settings)
    prepare(app, environment)
    logins = demo_logins(app)
    if not leave.is_set():
        bind = _bind(settings["HOST"], settings["PORT"])
        children.append(fork("The web server", lambda: run_web(app, bind)))
        children.append(fork("The worker", lambda: run_worker(app, queues=PROMPT)))
        children.append(fork("The worker of long jobs", lambda: run_worker(app, queues=SLOW)))
        children.append(fork("The courier", lambda: run_courier(app)))
        children.append(fork("The scheduler", lambda: run_scheduler(app)))
    return logins


def _stop(children: list[Child]) -> None:
    """Redis last: the others write into it until their end."""
    if children:
        with suppress(OSError):  # nobody may be listening any more
            print("Stopping …", flush=True)
    server = [child for child in children if child.name == "Redis"]
    stop([child for child in children if child not in server], patience=PATIENCE)
    stop(server, patience=PATIENCE)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One launcher per folder of data. Its children hold the lock too: leftovers are waited for."""
    with path.open("w") as file:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Another helpdesk runs on the data in {path.parent}: stop it, "
                        "or give this one a folder of its own with HELPDESK_VAR=folder"
                    ) from None
                time.sleep(BEAT)
        yield


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _ensure_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {host}, port {port} ({error.strerror}): "
            f"stop what uses it, or choose another port: PORT={port + 1} make run"
        ) from None


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    return f"http://{_bind('localhost' if host in {'0.0.0.0', '::'} else host, port)}/"


def _wait_for_page(host: str, port: int, children: list[Child], leave: threading.Event) -> bool:
    """Until the first page has been answered; False when something has ended before."""
    opener = build_opener(ProxyHandler({}))
    while not leave.is_set() and not any(child.has_ended() for child in children):
        try:
            opener.open(f"{_address(host, port)}login/", timeout=10).close()
            return True
        except URLError as error:
            if getattr(error, "code", None):
                return True
            time.sleep(0.02)
        except OSError:
            time.sleep(0.02)
    return False


def _greet(host: str, port: int, logins: list[tuple[str, str, str]]) -> None:
    print(f"The helpdesk is ready: {_address(host, port)}")
    if logins:
        print("Demo logins (login password role):")
        for login, password, role in logins:
            print(login, password, role)
    print("Ctrl-C stops it.", flush=True)
