"""A whole helpdesk in processes of its own, as in production: web server, worker, real Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from models import Staff
from tests.support.databases import Place
from tests.support.servers import free_port, wait_for_port
from tests.support.signing import session_cookie

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class LiveServer:
    """A running helpdesk. ``app`` is an application of this process on the same committed database."""

    app: Flask
    url: str
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def cookie(self, user: Staff) -> object:
        """Signs a browser context in: ``context.add_cookies([live.cookie(user)])``."""
        return session_cookie(self.app, user, self.url)

    def stop(self) -> None:
        """End every process, surely."""
        for process in self.processes:
            # for gunicorn, to end without waiting for open sockets; for the worker, plainly the end
            process.send_signal(signal.SIGQUIT if process is self.processes[0] else signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start_live_server(place: Place, application: Flask, *, port: int = 0, **settings: str) -> LiveServer:
    """gunicorn and the worker on the application's database. ``settings`` are more of the environment."""
    port = port or free_port()
    url = application.config["SQLALCHEMY_DATABASE_URI"]
    environment = {**os.environ, **place.environment(url), "PYTHONPATH": str(ROOT), **settings}
    log_path = place.folder / f"live-{port}.log"
    live = LiveServer(application, f"http://127.0.0.1:{port}", log_path)
    web = ["-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "60", "--graceful-timeout", "1"]
    commands = (
        [sys.executable, *web, "-b", f"127.0.0.1:{port}", "app.wsgi:app"],
        [sys.executable, "-m", "flask", "--app", "app.wsgi:app", "worker"],
    )
    with log_path.open("wb") as log:
        for command in commands:
            live.processes.append(
                subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
            )
    try:
        wait_for_port(port, "the web server")
    except RuntimeError:
        live.stop()
        raise RuntimeError(log_path.read_text()) from None
    return live
