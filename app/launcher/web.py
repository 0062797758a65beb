"""The web server: gunicorn with threads, because every open page holds a WebSocket."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

# seconds that requests have to finish when the server stops; open sockets would use them up for nothing
GRACE = 2


class WebServer(BaseApplication):
    """gunicorn on an application that is made already."""

    def __init__(self, app: Flask, bind: str) -> None:
        self.app = app
        self.bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        settings = {
            "bind": self.bind,
            "worker_class": "gthread",
            "workers": self.app.config["WEB_WORKERS"],
            "threads": self.app.config["WEB_THREADS"],
            "graceful_timeout": GRACE,
            "keepalive": 15,
            "loglevel": "warning",
            "proc_name": "helpdesk",
            "control_socket_disable": True,
            # whom to believe about the caller's address is the application's own setting
            "forwarded_allow_ips": "",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called by gunicorn in each of its workers."""
        return self.app


def run_web(app: Flask, bind: str) -> None:
    """Serve until told to stop."""
    WebServer(app, bind).run()
