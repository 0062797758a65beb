"""A worker inside the test's own process, so that it works in the test's transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from jobs.worker import Worker, make_worker


@pytest.fixture
def work_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Run what waits in the queues; whether there was anything."""
    # the signals of this process belong to pytest
    monkeypatch.setattr(Worker, "_install_signal_handlers", lambda self: None)
    return lambda: make_worker(app).work(burst=True, logging_level="CRITICAL")
