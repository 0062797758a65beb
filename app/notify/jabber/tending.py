"""What goes on while the link is up: answers, the roster, who is online, whether the server lives."""

from __future__ import annotations

import asyncio
import logging
from hashlib import sha256
from typing import Any

from slixmpp.exceptions import IqTimeout

from app.notify.channels.base import ChannelError
from app.notify.jabber.account import bare_jid
from app.notify.jabber.client import Client
from app.notify.jabber.hearing import Ears, Heard, Patience, heard_in
from app.notify.jabber.stanzas import make_message

log = logging.getLogger(__name__)
ROUND_SECONDS = 25.0
MOST_WAITING = 500
# shows of RFC 6121, section 4.7.2.1, of somebody who is not at his messenger
_AWAY = frozenset({"away", "xa"})


class Tending:
    """Looks after one signed-in client. Everything runs in the link's event loop."""

    def __init__(self, client: Client, ears: Ears) -> None:
        self._client, self._ears = client, ears
        self._resources: dict[str, dict[str, bool]] = {}  # who, on which device, is he at it
        self._asking: set[str] = set()
        self._people: frozenset[str] = frozenset()
        self._news = asyncio.Event()
        self._inbox: asyncio.Queue[tuple[Heard, str, str]] = asyncio.Queue(MOST_WAITING)
        self._patience = Patience()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Listen, say that we are here, and keep at it."""
        client = self._client
        client.add_event_handler("message", self._message)
        client.add_event_handler("presence", self._presence)
        client.send_presence()
        self._tasks = [asyncio.create_task(work()) for work in (self._rounds, self._answers)]

    async def stop(self) -> None:
        """End the tasks; nobody is known to be online any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._ears.online, frozenset())

    @property
    def online(self) -> frozenset[str]:
        """Those of our people who are at one of their devices."""
        return frozenset(jid for jid, devices in self._resources.items() if any(devices.values()))

    # ------------------------------------------------------------------------------ answers

    def _message(self, stanza: Any) -> None:
        heard = heard_in(stanza)
        if heard is None or heard.sender == bare_jid(self._client.account.jid):
            return
        if not self._patience.allows(heard.sender):
            log.warning("too many Jabber messages of one sender: not answered")
            return
        try:
            self._inbox.put_nowait((heard, str(stanza["from"]), stanza["type"]))
        except asyncio.QueueFull:
            log.warning("too many Jabber messages wait: one was not answered")

    async def _answers(self) -> None:
        """One after another, so that somebody's commands happen in his order."""
        while True:
            heard, to, kind = await self._inbox.get()
            try:
                text = await asyncio.to_thread(self._ears.heard, heard)
                if text:
                    self._answer(heard, to, kind, text)
            except Exception:
                log.exception("a Jabber message was not answered")

    def _answer(self, heard: Heard, to: str, kind: str, text: str) -> None:
        # the same stanza twice gets the same answer under the same id
        key = sha256(f"answer {heard.key}".encode()).hexdigest()[:32]
        make_message(self._client, to, text, key=key, kind=kind).send()

    # ----------------------------------------------------------------------------- presence

    def _presence(self, stanza: Any) -> None:
        jid, device, kind = bare_jid(str(stanza["from"])), stanza["from"].resource, stanza["type"]
        if kind == "subscribe":
            self._asking.add(jid)
        elif kind == "unavailable":
            self._resources.get(jid, {}).pop(device, None)
        elif kind in ("available", "chat", "dnd", "away", "xa"):
            self._resources.setdefault(jid, {})[device] = kind not in _AWAY
        else:
            return
        self._news.set()

    async def _rounds(self) -> None:
        """At every change and every so often: the roster, who is online, a sign of life."""
        has_roster = False
        while True:
            self._news.clear()
            try:
                if not has_roster:
                    await self._client.get_roster(timeout=15)
                    has_roster = True
                self._people = await asyncio.to_thread(self._ears.people)
                self._befriend()
                await asyncio.to_thread(self._ears.online, self.online & self._people)
                await self._client.is_alive()
            except (ChannelError, IqTimeout):
                self._client.abort()
                return
            except Exception:
                log.exception("the Jabber roster was not looked after")
            await self._until_news()

    async def _until_news(self) -> None:
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                await self._news.wait()
                await asyncio.sleep(0.1)  # presences come in swarms
        except TimeoutError:
            return

    def _befriend(self) -> None:
        """Let our people see us, and ask to see them; strangers get no answer."""
        roster: Any = self._client.client_roster
        for jid in self._asking & self._people:
            roster[jid].authorize()
        self._asking -= self._people
        if len(self._asking) > 1_000:
            self._asking.clear()
        for jid in self._people:
            item = roster[jid]
            if not item["to"] and not item["pending_out"]:
                item.subscribe()
