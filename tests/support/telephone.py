"""A worker's telephone: a second, real Jabber client in a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from slixmpp import ClientXMPP

from app.notify.jabber.account import Account

PATIENCE = 10.0  # seconds for what takes milliseconds on a machine that is not busy


class _Phone(ClientXMPP):
    def __init__(self, account: Account, inbox: queue.Queue[Any]) -> None:
        super().__init__(account.jid, account.password, ssl_context=account.trust())
        self.enable_direct_tls = False
        self.signed_in = asyncio.get_running_loop().create_future()
        self.subscribed = threading.Event()
        self.register_plugin("xep_0224")
        self.add_event_handler("session_start", lambda _: self.signed_in.set_result(None))
        self.add_event_handler("message", inbox.put)
        self.add_event_handler("presence_subscribed", lambda _: self.subscribed.set())
        self.connect(account.host, account.port)


class Telephone:
    """What its owner does with it. It accepts whoever wants to see whether he is there."""

    def __init__(self, account: Account) -> None:
        self.jid = account.jid
        self._account = account
        self._inbox: queue.Queue[Any] = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._phone: _Phone | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def switch_on(self) -> None:
        """Sign in and be there."""
        self._do(self._sign_in)

    def switch_off(self) -> None:
        """Sign out. Nothing happens if it is off already."""
        if self._phone is not None:
            self._do(self._sign_out)

    def show(self, show: str = "") -> None:
        """Say how one is: "" there, "away", "xa", "dnd"."""
        self._call(lambda phone: phone.send_presence(pshow=show or None))

    def befriend(self, jid: str) -> None:
        """Ask to see whether the other is there."""
        self._call(lambda phone: phone.send_presence_subscription(pto=jid, ptype="subscribe"))

    def write(self, to: str, text: str, *, number: str = "") -> None:
        """Send a message under this id, or under none."""

        def send(phone: _Phone) -> None:
            message = phone.make_message(mto=to, mbody=text, mtype="chat")
            if number:
                message["id"] = number
            else:
                del message["id"]
            message.send()

        self._call(send)

    def read(self, seconds: float = PATIENCE) -> Any:
        """The next message, as a stanza. Fails without one."""
        try:
            return self._inbox.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"{self.jid} got no message in {seconds} s") from None

    def hears_nothing(self, seconds: float = 0.4) -> bool:
        """Whether no message comes for a while."""
        try:
            self._inbox.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def has_a_friend(self) -> bool:
        """Whether somebody lets it see whether he is there."""
        return self._phone is not None and self._phone.subscribed.is_set()

    def end(self) -> None:
        """Away with it."""
        self.switch_off()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _sign_in(self) -> None:
        self._phone = _Phone(self._account, self._inbox)
        await asyncio.wait_for(self._phone.signed_in, PATIENCE)
        await self._phone.get_roster()
        self._phone.send_presence()

    async def _sign_out(self) -> None:
        phone, self._phone = self._phone, None
        assert phone is not None
        await phone.disconnect(wait=1)
        sending = phone._run_out_filters
        if sending is not None:
            sending.cancel()
        await asyncio.sleep(0.05)

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async def doing() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(doing(), self._loop).result(PATIENCE + 5)

    def _call(self, work: Callable[[_Phone], None]) -> None:
        async def calling() -> None:
            assert self._phone is not None, "it is off"
            work(self._phone)

        self._do(calling)


@contextmanager
def telephone(account: Account, *, is_on: bool = True) -> Iterator[Telephone]:
    """A telephone for a while."""
    phone = Telephone(account)
    try:
        if is_on:
            phone.switch_on()
        yield phone
    finally:
        phone.end()


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until it holds. Fails naming ``what``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)
