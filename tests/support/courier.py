"""The courier as a process of its own, to be watched, stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.databases import Place

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def courier(place: Place, url: str, *, command: str = "courier") -> Iterator[subprocess.Popen[bytes]]:
    """Run ``flask courier`` (or another command of ours) on the database of this address."""
    environment = {**os.environ, **place.environment(url)}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app.wsgi", *command.split()],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def wait_until(happened: Callable[[], object], *, seconds: float = 30.0) -> bool:
    """Look again and again until it has happened; whether it did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.05)
    return False
