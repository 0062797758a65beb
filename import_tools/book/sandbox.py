"""A process for one file, with limits of time and memory: whatever a file does to it, the worker goes on."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from import_tools.book.model import Limits
from import_tools.book.office import PROGRAMS

COMMAND = (sys.executable, "-m", "import_tools.book.child")
RESULT = "result.json"
_ROOT = Path(__file__).resolve().parents[2]
_TIMES_UP = {-signal.SIGXCPU, -signal.SIGALRM}
_LONGEST_COMPLAINT = 4_000
_log = logging.getLogger(__name__)

Step = Callable[[int, str], None]


def run_child(
    path: Path, name: str, limits: Limits, tell: Step, programs: str | None = None
) -> dict[str, Any]:
    """What the reading process wrote: the book, or ``refused`` with its values.

    ``programs`` is the PATH on which LibreOffice is looked for.
    """
    with tempfile.TemporaryDirectory(prefix="helpdesk-book-", ignore_cleanup_errors=True) as folder:
        job = {
            "path": str(path.resolve()),
            "name": name,
            "folder": folder,
            "soffice": find_office(programs),
            "unpacked_bytes": limits.unpacked_bytes,
            "cells": limits.cells,
            "seconds": limits.seconds,
            "memory_bytes": limits.memory_bytes,
        }
        with tempfile.TemporaryFile() as complaints:
            code, late = _run(job, folder, limits.seconds, tell, complaints)
            result = Path(folder, RESULT)
            if code == 0 and result.is_file():
                return _read_result(result)
            if late or code in _TIMES_UP:
                return {"refused": "time", "values": {"number": limits.seconds}}
            _log_end(code, complaints)
    return {"refused": "crashed", "values": {"number": limits.memory_bytes // 1024 // 1024}}


def _read_result(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        result: dict[str, Any] = json.loads(next(stream))
        return result | {"entries": [json.loads(line) for line in stream]}


def find_office(programs: str | None = None) -> str:
    """The path of LibreOffice, or "" where it is not installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name, path=programs))), "")


def _run(
    job: dict[str, Any], folder: str, seconds: int, tell: Step, complaints: IO[bytes]
) -> tuple[int, bool]:
    with _started(folder, complaints) as process:
        late = threading.Event()

        def stop() -> None:
            late.set()
            _kill(process)

        clock = threading.Timer(seconds, stop)
        clock.daemon = True
        clock.start()
        try:
            # it may die before it has read its job
            with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext():
                (process.stdin or complaints).write(json.dumps(job).encode())
            for line in process.stdout or ():
                percent, _space, step = line.decode("ascii", "replace").strip().partition(" ")
                if percent.isdecimal():
                    tell(min(int(percent), 100), step)
            return process.wait(), late.is_set()
        finally:
            clock.cancel()


@contextlib.contextmanager
def _started(folder: str, complaints: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, in a group of its own that is gone afterwards, LibreOffice and all."""
    # none of the worker's secrets; one thread, for each takes address space
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": folder,
        "TMPDIR": folder,
        "OPENBLAS_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        COMMAND,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _kill(process)
        process.wait()
        if process.stdout:
            process.stdout.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _log_end(code: int, complaints: IO[bytes]) -> None:
    complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, complaints.tell() - _LONGEST_COMPLAINT))
    _log.error(
        "A phone book ended its reader with %s: %s", code, complaints.read().decode("utf-8", "replace")
    )
