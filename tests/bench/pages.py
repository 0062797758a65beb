"""Open pages without a browser: they do what live.js and news.js do, or they poll."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import socketio
from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar, TCPConnector

from tests.bench.crowd import Visitor

HEARTBEAT = 30.0  # seconds, as in live.js
COUNT_AFTER = 0.4  # seconds, as in live.js; a hidden page waits four times as long
HIDDEN_WAITS = 0.4  # seconds, as in news.js
POLL_EVERY = 2.0  # seconds between two questions of a polling page


@dataclass
class Seen:
    """What all pages saw. Moments are those of ``time.monotonic()``."""

    told: dict[tuple[int, int], float] = field(default_factory=dict)  # (delivery, page): it knew of the news
    shown: dict[int, float] = field(default_factory=dict)  # delivery: a page had the pop-up's text
    requests: int = 0
    failures: int = 0
    reconnects: int = 0


@dataclass
class Page:
    """What both kinds of page have in common: a session's requests, and the claim of a piece of news."""

    number: int
    visitor: Visitor
    url: str
    http: ClientSession
    seen: Seen
    asked: set[int] = field(default_factory=set)

    async def get(self, path: str) -> Any:
        """The JSON of this address; None when it was not to be had."""
        self.seen.requests += 1
        try:
            async with self.http.get(self.url + path) as answer:
                if answer.status == 200:
                    return await answer.json()
        except (ClientError, TimeoutError):
            pass
        self.seen.failures += 1
        return None

    async def offer(self, delivery_id: int) -> None:
        """As in news.js: claim the news, so that one page of the person shows them."""
        self.seen.told.setdefault((delivery_id, self.number), time.monotonic())
        if delivery_id in self.asked:
            return
        self.asked.add(delivery_id)
        if self.visitor.is_hidden:
            await asyncio.sleep(HIDDEN_WAITS)
        self.seen.requests += 1
        headers = {"X-CSRFToken": self.visitor.token, "X-Requested-With": "fetch"}
        try:
            async with self.http.post(f"{self.url}/notices/{delivery_id}/claim", headers=headers) as answer:
                await answer.read()
                if answer.status == 200:
                    self.seen.shown.setdefault(delivery_id, time.monotonic())
                elif answer.status != 204:
                    self.seen.failures += 1
        except (ClientError, TimeoutError):
            self.seen.failures += 1
            self.asked.discard(delivery_id)


@dataclass
class LivePage(Page):
    """A page with its socket."""

    socket: Any = None
    was_connected: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    counting: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect, and stay until :meth:`close`."""
        self.socket = socketio.AsyncClient(
            http_session=self.http, reconnection_delay=0.5, reconnection_delay_max=5, handle_sigint=False
        )
        self.socket.on("connect", self._connected)
        self.socket.on("notice", self._noticed)
        self.socket.on("changed", self._changed)
        await self.socket.connect(self.url, transports=["websocket"], wait_timeout=60)
        self._start(self._stay_alive())

    async def close(self) -> None:
        """As a closed tab does."""
        if self.counting:
            self.counting.cancel()
        for task in self.tasks:
            task.cancel()
        with suppress(ClientError, TimeoutError, OSError):
            await self.socket.disconnect()

    async def _connected(self) -> None:
        self.seen.reconnects += self.was_connected
        self.was_connected = True
        await self.get("/tickets/counters")
        await ask_missed(self)

    async def _noticed(self, detail: dict[str, int]) -> None:
        self._start(self.offer(detail["id"]))

    async def _changed(self, _detail: object) -> None:
        if self.counting:
            self.counting.cancel()
        wait = COUNT_AFTER * (4 if self.visitor.is_hidden else 1)
        self.counting = asyncio.get_running_loop().call_later(wait, lambda: self._start(self._count()))

    async def _count(self) -> None:
        await self.get("/tickets/counters")

    async def _stay_alive(self) -> None:
        await asyncio.sleep(HEARTBEAT * (self.number % 100) / 100)
        while True:
            if self.socket.connected:
                await self.socket.emit("alive")
            await asyncio.sleep(HEARTBEAT)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


@dataclass
class PollingPage(Page):
    """A page that asks every two seconds whether there is anything new, and knows nothing in between."""

    task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to ask."""
        self.task = asyncio.get_running_loop().create_task(self._poll())

    async def close(self) -> None:
        """Ask no more."""
        if self.task:
            self.task.cancel()

    async def _poll(self) -> None:
        await asyncio.sleep(POLL_EVERY * (self.number % 100) / 100)
        while True:
            began = time.monotonic()
            await ask_missed(self)
            await asyncio.sleep(max(0.0, POLL_EVERY - (time.monotonic() - began)))


async def ask_missed(page: Page) -> None:
    """Ask for what no page has shown yet, and claim it."""
    missed = await page.get("/notices/missed?since=0")
    for delivery_id in reversed(missed["ids"] if missed else []):
        await page.offer(delivery_id)


def make_http(cookie_name: str, cookie: str, connector: TCPConnector) -> ClientSession:
    """One page's requests, over connections that all pages share."""
    jar = CookieJar(unsafe=True)
    jar.update_cookies({cookie_name: cookie})
    return ClientSession(
        connector=connector, connector_owner=False, cookie_jar=jar, timeout=ClientTimeout(total=120)
    )
