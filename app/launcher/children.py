"""Processes that live and die with the launcher.

They are forked from it with the application already made: a second of imports is paid once and the memory is
shared. Each leads a group of its own, so that Ctrl-C reaches the launcher alone and it decides the order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1
# loaded before any fork: a child between fork and exec must not import
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Let the kernel end this process when the one that started it is killed (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def set_on_signal(event: threading.Event, *numbers: signal.Signals) -> None:
    """Let these signals set the event, from a thread of its own.

    A handler runs in the main thread, in the middle of whatever it does: in the middle of the event's own
    ``wait()`` it would wait for a lock that this very thread holds, for ever.
    """
    for number in numbers:
        signal.signal(number, lambda *_: threading.Thread(target=event.set, daemon=True).start())


@dataclass
class Child:
    """A process of ours. ``status`` is its exit code once it has ended (negative: the signal)."""

    name: str
    pid: int
    status: int | None = None

    def has_ended(self) -> bool:
        """Look, without waiting."""
        if self.status is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still lives."""
        if not self.has_ended():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """End it and whatever it has started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def fork(name: str, work: Callable[[], object]) -> Child:
    """Start a process that does ``work`` and ends."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(name, pid)
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent()
        if os.getppid() == parent:
            work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def stop(children: list[Child], *, patience: float) -> None:
    """Ask all to end and wait ``patience`` seconds; then end them and what is left of their groups."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not all(child.has_ended() for child in children):
        time.sleep(0.02)
    for child in children:
        child.kill_group()
        if not child.has_ended():
            os.waitpid(child.pid, 0)
