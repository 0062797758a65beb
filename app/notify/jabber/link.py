"""The link: a thread with an event loop of its own that stays signed in, sends, listens, tends presence.

A connection that breaks is made anew; whoever sends meanwhile waits for the next attempt's outcome and is
told why it failed. Everything asked of the database happens in other threads (:class:`Ears`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import CancelledError, Future

from app.notify.channels.base import ChannelError, Temporary
from app.notify.jabber import failures
from app.notify.jabber.account import Account
from app.notify.jabber.client import Client
from app.notify.jabber.hearing import Ears
from app.notify.jabber.stanzas import make_message
from app.notify.jabber.tending import Tending

log = logging.getLogger(__name__)
SEND_SECONDS = 15.0
# between two attempts to connect, in seconds; a message that wants to go shortens the wait
WAITS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Link:
    """One account's connection. All methods may be called from any thread."""

    def __init__(self, account: Account, ears: Ears) -> None:
        self.account = account
        self._ears = ears
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None
        self._waiting: list[asyncio.Future[Client]] = []
        self._life: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="jabber-link", daemon=True)
        self._thread.start()

    @property
    def is_up(self) -> bool:
        """Whether it is signed in at this moment."""
        client = self._client
        return client is not None and not client.gone.done()

    @property
    def is_alive(self) -> bool:
        """Whether its thread still tries to be signed in."""
        return self._thread.is_alive()

    def send(self, to: str, text: str, *, key: str, is_urgent: bool = False) -> None:
        """Send a message under this id and wait until the server has it. Raises ChannelError.

        Takes at most :data:`SEND_SECONDS`, plus a moment.
        """
        sending = self._send(to, text, key, is_urgent)
        if self._loop.is_closed():
            sending.close()
            raise Temporary(failures.BROKEN)
        result: Future[None] = asyncio.run_coroutine_threadsafe(sending, self._loop)
        try:
            result.result(SEND_SECONDS + 5)
        except TimeoutError:
            result.cancel()
            raise Temporary(failures.SILENT) from None
        except CancelledError:
            raise Temporary(failures.BROKEN) from None

    def close(self) -> None:
        """Sign out and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join(5)

    # ------------------------------------------------------------------------ in its thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._life = self._loop.create_task(self._live())
            self._loop.run_until_complete(self._life)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(_end_tasks())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def _stop(self) -> None:
        if self._life is not None:
            self._life.cancel()

    async def _live(self) -> None:
        failed = 0
        while True:
            client = None
            try:
                client = Client(self.account)
                await client.open()
            except Exception as error:
                trouble = error if isinstance(error, ChannelError) else Temporary(type(error).__name__)
                log.warning("no Jabber at %s: %s", self.account.jid, trouble)
                self._tell(trouble)
                await self._rest(WAITS[min(failed, len(WAITS) - 1)])
                failed += 1
                continue
            failed = 0
            try:
                await self._serve(client)
            except Exception:
                log.exception("the Jabber link broke off")

    async def _serve(self, client: Client) -> None:
        """While the connection lasts."""
        log.info("signed in to Jabber as %s", self.account.jid)
        tending = Tending(client, self._ears)
        try:
            tending.start()
            self._client = client
            self._tell(client)
            await client.gone
            log.warning("the Jabber connection of %s has ended", self.account.jid)
        finally:
            self._client = None
            await asyncio.shield(tending.stop())
            await asyncio.shield(client.close())

    async def _rest(self, seconds: float) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return

    def _tell(self, outcome: Client | ChannelError) -> None:
        """Tell those who wait for a connection how the attempt has ended."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.done():
                continue
            if isinstance(outcome, Client):
                one.set_result(outcome)
            else:
                one.set_exception(outcome)

    async def _connected(self) -> Client:
        if self._client is not None and self.is_up:
            return self._client
        waiting: asyncio.Future[Client] = self._loop.create_future()
        self._waiting.append(waiting)
        self._hurry.set()
        return await waiting

    async def _send(self, to: str, text: str, key: str, is_urgent: bool) -> None:
        client = None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                client = await self._connected()
                await client.hand_over(make_message(client, to, text, key=key, is_urgent=is_urgent))
        except TimeoutError:
            if client is not None:
                client.abort()  # a connection that says nothing is none: the next message gets a new one
            raise Temporary(failures.SILENT) from None


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
