"""A page's Socket.IO connection without a browser: just enough of the protocol, over a real WebSocket."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from rq import Worker as RqWorker
from simple_websocket import Client, ConnectionClosed

from app.extensions import redis
from models import Staff
from tests.support.live import LiveServer

OPEN, PING, PONG, CONNECT, REFUSED, LEFT, EVENT = "0", "2", "3", "40", "44", "41", "42"


@dataclass
class Frame:
    """One event from the server."""

    name: str
    data: Any
    at: float


@dataclass
class Wire:
    """One connected page. ``frames`` grows in a thread of its own."""

    socket: Client
    frames: list[Frame] = field(default_factory=list)
    state: str = "new"

    def listen(self) -> None:
        """Read until the server closes."""
        try:
            while True:
                self._take(str(self.socket.receive()))
        except ConnectionClosed:
            self.state = "refused" if self.state == "refused" else "closed"

    def _take(self, text: str) -> None:
        if text == PING:
            self.socket.send(PONG)
        elif text.startswith(REFUSED):
            self.state = "refused"
        elif text.startswith(LEFT):
            self.state = "closed"
        elif text.startswith(CONNECT):
            self.state = "connected"
        elif text.startswith(EVENT):
            name, *data = json.loads(text[len(EVENT) :])
            self.frames.append(Frame(name, data[0] if data else None, time.monotonic()))

    def emit(self, name: str, *data: Any) -> None:
        """Send an event."""
        self.socket.send(EVENT + json.dumps([name, *data]))

    def named(self, name: str) -> list[Any]:
        """The data of all frames of that name so far."""
        return [frame.data for frame in self.frames if frame.name == name]

    def wait_for(self, name: str, *, count: int = 1, seconds: float = 5.0) -> list[Any]:
        """Until so many frames of that name have come; their data. Fails loudly."""
        wait_until(lambda: len(self.named(name)) >= count, f"{count} × {name}, got {self.frames}", seconds)
        return self.named(name)

    def close(self) -> None:
        """As a closed tab does."""
        try:
            self.socket.close()
        except ConnectionClosed:
            self.state = "closed"


def wait_until(condition: Any, what: str, seconds: float = 5.0) -> None:
    """Until the condition holds. Raises AssertionError that names what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.01)


def wait_for_worker(seconds: float = 40.0) -> None:
    """Until the worker process has started; needs the application's context."""
    wait_until(lambda: RqWorker.count(connection=redis()) > 0, "the worker", seconds)


def open_wire(live: LiveServer, user: Staff | None, **headers: str) -> Wire:
    """Connect as the person (None: nobody) and wait for the server's answer."""
    if user is not None:
        cookie: Any = live.cookie(user)
        headers["Cookie"] = f"{cookie['name']}={cookie['value']}"
    address = live.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    wire = Wire(Client(address, headers=headers))
    thread = threading.Thread(target=wire.listen, daemon=True)
    thread.start()
    wire.socket.send(CONNECT)
    wait_until(lambda: wire.state != "new", "an answer to connecting")
    return wire
