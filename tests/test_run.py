"""``python run.py``, as ``make run`` starts it: one program up, one program down, nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest
from redis import Redis

from app.demo import LOGINS
from tests.support.databases import Place
from tests.support.servers import free_port

ROOT = Path(__file__).resolve().parents[1]
GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "HOST", "HELPDESK_DEMO")
CHILDREN = 6  # Redis, web server, two workers, scheduler


@dataclass
class Launcher:
    """A started run.py."""

    process: subprocess.Popen[str]
    port: int
    family: list[psutil.Process] = field(default_factory=list)

    def lines_until(self, last: str, *, seconds: float = 60) -> list[str]:
        """What it prints up to and with a line; fails if it ends before."""
        assert self.process.stdout
        lines: list[str] = []
        deadline = time.monotonic() + seconds
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if last in line:
                self.family = psutil.Process(self.process.pid).children(recursive=True)
                return lines
            assert time.monotonic() < deadline
        raise AssertionError("\n".join(lines))

    def page(self) -> str:
        """The first page, as someone sees it who is not signed in."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/login/", timeout=20) as answer:
            return str(answer.read().decode())

    def wait_until_nothing_is_left(self) -> None:
        """Fails if a process of the family outlives it by more than some seconds."""
        _gone, alive = psutil.wait_procs(self.family, timeout=15)
        assert alive == []


Start = Callable[..., Launcher]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts run.py on a folder of the test; whatever is left is ended afterwards."""
    started: list[Launcher] = []

    def begin(**more: str) -> Launcher:
        port = int(more.pop("PORT", free_port()))
        environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
        environment |= {
            "PORT": str(port),
            "HELPDESK_VAR": str(tmp_path / "var"),
            "HELPDESK_DEMO": "0",
            **more,
        }
        process = subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(Launcher(process, port))
        return started[-1]

    yield begin
    for launcher in started:
        launcher.process.kill()
        launcher.process.wait()
        for left in launcher.family:
            if left.is_running():
                left.kill()
        if launcher.process.stdout:
            launcher.process.stdout.close()


def test_first_start_fills_the_database_and_greets_with_the_logins(start: Start) -> None:
    launcher = start(HELPDESK_DEMO="1")
    lines = launcher.lines_until("Ctrl-C", seconds=110)
    assert f"The helpdesk is ready: http://127.0.0.1:{launcher.port}/" in lines
    first = lines.index("Demo logins (login password role):") + 1
    assert [tuple(line.split(" ")) for line in lines[first:-1]] == list(LOGINS)
    roles = [role for _login, _password, role in LOGINS]
    wanted = {"administrator": 1, "coordinator": 2, "employee": 4, "operator": 1}
    assert {role: roles.count(role) for role in set(roles)} == wanted
    assert "<form" in launcher.page()
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.process.wait(20) == 0
    launcher.wait_until_nothing_is_left()


def test_second_start_keeps_the_data_and_the_address_of_redis(start: Start, tmp_path: Path) -> None:
    address = tmp_path / "var" / "redis" / "url"
    first = start()
    first.lines_until("Ctrl-C")
    url = address.read_text()
    with Redis.from_url(url) as redis:
        redis.set("kept", "yes")
    first.process.terminate()
    assert first.process.wait(20) == 0
    first.wait_until_nothing_is_left()
    second = start()
    second.lines_until("Ctrl-C")
    assert address.read_text() == url
    with Redis.from_url(url) as redis:
        assert redis.get("kept") == b"yes"


def test_embedded_redis_asks_strangers_for_a_password(start: Start, tmp_path: Path) -> None:
    start().lines_until("Ctrl-C")
    url = tmp_path / "var" / "redis" / "url"
    assert url.stat().st_mode & 0o077 == 0
    port = int(url.read_text().rpartition(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100).startswith(b"-NOAUTH")


def test_killed_launcher_leaves_nothing_behind(start: Start) -> None:
    launcher = start()
    launcher.lines_until("Ctrl-C")
    assert len(launcher.family) >= CHILDREN
    launcher.process.kill()
    launcher.wait_until_nothing_is_left()


def test_the_death_of_one_process_is_told_and_stops_the_rest(start: Start) -> None:
    launcher = start()
    launcher.lines_until("Ctrl-C")
    children = psutil.Process(launcher.process.pid).children()
    assert len(children) == CHILDREN
    # the last one forked is the scheduler; two may share a tick of the clock
    max(children, key=lambda child: (child.create_time(), child.pid)).kill()
    lines = launcher.lines_until("has ended")
    assert lines[-1] == "The scheduler has ended (-9): stopping the rest."
    assert launcher.process.wait(20) == 1
    launcher.wait_until_nothing_is_left()


def test_a_port_in_use_is_told_at_once(start: Start) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        launcher = start(PORT=str(port))
        assert launcher.process.wait(30) == 1
    assert launcher.process.stdout
    (line,) = launcher.process.stdout.read().splitlines()
    assert line.startswith(f"Cannot listen on 127.0.0.1, port {port}")
    assert f"PORT={port + 1} make run" in line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"REDIS_URL": "redis://:secret@127.0.0.1:9/0"},
            "REDIS_URL: no Redis answers at redis://127.0.0.1:9/0",
        ),
        ({"DATABASE_URL": "mysql://somewhere/db"}, "DATABASE_URL: write a postgresql://"),
        ({"DATABASE_URL": "postgresql://me:secret@127.0.0.1:9/db"}, "cannot be used"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY: write at least"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(start: Start, settings: dict[str, str], said: str) -> None:
    launcher = start(**settings)
    assert launcher.process.stdout
    text = launcher.process.stdout.read()
    assert launcher.process.wait(30) == 1
    assert said in text
    assert "Traceback" not in text
    assert "secret" not in text.replace("secret_key", "").replace("secrets", "")


def test_given_servers_are_used_instead_of_the_embedded_ones(
    start: Start, place: Place, tmp_path: Path
) -> None:
    launcher = start(
        DATABASE_URL=place.empty_database("postgres"), REDIS_URL=place.servers.redis_url(place.number)
    )
    launcher.lines_until("Ctrl-C")
    assert "<form" in launcher.page()
    assert not (tmp_path / "var" / "redis").exists()
    assert not (tmp_path / "var" / "helpdesk.sqlite").exists()
    launcher.process.terminate()
    assert launcher.process.wait(20) == 0
