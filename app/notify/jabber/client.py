"""One connection to the Jabber server: it signs in, or says why not; it never connects again by itself.

slixmpp keeps silent about most of what can go wrong and tries for ever; here every way ends in an error with
a name, and the link (app.notify.jabber.link) decides when a new connection is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import Any

from slixmpp import JID, ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.stanza import Message

from app.notify.channels.base import ChannelError, Temporary
from app.notify.jabber import failures
from app.notify.jabber.account import Account, Protection

log = logging.getLogger(__name__)
CONNECT_SECONDS = 10.0
_PLUGINS = ("xep_0030", "xep_0198", "xep_0199", "xep_0224", "xep_0359")


class Client(ClientXMPP):
    """A signed-in stream. ``gone`` is done when it has ended. Made inside a running event loop.

    Raises Temporary when the authority's file cannot be read.
    """

    _run_out_filters = None  # slixmpp looks at it even in what was never made

    def __init__(self, account: Account) -> None:
        super().__init__(account.jid, account.password, ssl_context=account.trust())
        self.account = account
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._told: dict[str, asyncio.Future[None]] = {}
        self._is_encrypting = False
        self.roster.auto_authorize = None  # type: ignore[assignment]  # slixmpp's "by hand": staff alone see us
        self.max_redirects = -1  # a stream that is not encrypted yet must not send us to another host
        self._protect(account)
        for name in _PLUGINS:
            self.register_plugin(name)
        self.plugin["xep_0198"].allow_resume = False  # what is not acknowledged is sent anew by its owner
        self._listen()

    # ------------------------------------------------------------------------- connecting

    async def open(self) -> None:
        """Connect and sign in, within :data:`CONNECT_SECONDS`. Raises Temporary saying what stands in the
        way; the client is then spent."""
        host = self.account.host
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self.connect(host or None, self.account.port if host else None)
                await self._started
        except TimeoutError:
            await self.close()
            raise Temporary(failures.SILENT) from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Say goodbye and let nothing of it go on."""
        self.cancel_connection_attempt()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.disconnect(wait=0.5, ignore_send_queue=True), 1)
        self.abort()
        self._end(None)
        sending = self._run_out_filters
        if sending is not None and not sending.done():
            sending.cancel()
            await asyncio.wait([sending], timeout=1)

    def _protect(self, account: Account) -> None:
        self.enable_direct_tls = account.protection == Protection.TLS
        self.enable_starttls = account.protection == Protection.STARTTLS
        self.enable_plaintext = account.protection == Protection.NONE
        if self.enable_plaintext:
            self.plugin["feature_mechanisms"].unencrypted_plain = True
            self.plugin["feature_mechanisms"].unencrypted_scram = True

    def _listen(self) -> None:
        fail = self._fail
        self.add_event_handler("session_start", self._start)
        self.add_event_handler("connection_failed", lambda error: fail(failures.no_connection(error)))
        self.add_event_handler("ssl_invalid_chain", lambda error: fail(failures.no_connection(error)))
        self.add_event_handler("failed_all_auth", lambda _: fail(Temporary(self._sign_in_trouble())))
        self.add_event_handler("stream_error", lambda error: fail(failures.ended(error["condition"])))
        self.add_event_handler("disconnected", self._lost)
        self.add_event_handler("stanza_acked", self._acknowledged)
        self.add_event_handler("message_error", self._refused)

    def _start(self, _event: object) -> None:
        """Signed in. A stream that somebody has stripped of its encryption is none of ours."""
        if self.account.protection != Protection.NONE and not self._is_encrypted:
            self._fail(Temporary(failures.NOT_ENCRYPTED))
        elif not self._started.done():
            self._started.set_result(None)

    @property
    def _is_encrypted(self) -> bool:
        return isinstance(self.socket, ssl.SSLSocket | ssl.SSLObject)

    def _sign_in_trouble(self) -> str:
        wants = self.account.protection != Protection.NONE
        return failures.NOT_ENCRYPTED if wants and not self._is_encrypted else failures.REFUSED

    async def start_tls(self) -> bool:
        """Encrypt. A refused certificate closes the connection first and is named afterwards."""
        self._is_encrypting = True
        try:
            is_done = await super().start_tls()
        finally:
            self._is_encrypting = False
        if not is_done:
            self._fail(Temporary(failures.BROKEN))
        return is_done

    def _lost(self, _reason: object) -> None:
        if not self._is_encrypting:
            self._fail(Temporary(failures.BROKEN))

    def _fail(self, error: ChannelError) -> None:
        if not self._started.done():
            self._started.set_exception(error)
        self._end(error)

    def _end(self, error: ChannelError | None) -> None:
        """The stream has ended: whoever waits for something of it is told."""
        ending = error or Temporary(failures.BROKEN)
        for waiting in (self._started, *self._told.values()):
            if not waiting.done():
                waiting.set_exception(ending)
                waiting.exception()  # looked at, so that nobody complains when it is no longer awaited
        if not self.gone.done():
            self.gone.set_result(None)

    # ---------------------------------------------------------------------------- sending

    async def hand_over(self, message: Message) -> None:
        """Send, and return when the server has it. Raises ChannelError for a refusal, TimeoutError never:
        the deadline is the caller's (``asyncio.timeout``)."""
        if self.gone.done():
            raise Temporary(failures.BROKEN)
        key = message["id"]
        told = self._told[key] = asyncio.get_running_loop().create_future()
        try:
            message.send()
            if self.plugin["xep_0198"].enabled_out:
                await self._ask_for_acknowledgement(told)
            else:
                # whatever was sent before the ping has been dealt with when it is answered (RFC 6120, 10.1)
                await self._ping(told)
        finally:
            self._told.pop(key, None)

    async def _ask_for_acknowledgement(self, told: asyncio.Future[None]) -> None:
        # the question must leave after the message, which waits in the queue of the stream
        await self.waiting_queue.join()
        self.plugin["xep_0198"].request_ack()  # type: ignore[no-untyped-call]  # slixmpp 1.17
        await told

    async def _ping(self, told: asyncio.Future[None]) -> None:
        ping = asyncio.ensure_future(self.is_alive())
        await asyncio.wait({ping, told}, return_when=asyncio.FIRST_COMPLETED)
        if told.done():
            ping.cancel()
            told.result()
        ping.result()

    async def is_alive(self, seconds: float = 15.0) -> None:
        """Ask the server for a sign of life. Raises Temporary without one."""
        try:
            await self.plugin["xep_0199"].send_ping(JID(self.boundjid.host), timeout=seconds)
        except IqError:
            return  # not every server knows pings; it answered
        except IqTimeout:
            raise Temporary(failures.SILENT) from None

    def _acknowledged(self, stanza: Any) -> None:
        self._tell(stanza["id"], None)

    def _refused(self, stanza: Any) -> None:
        self._tell(stanza["id"], failures.refusal(stanza["error"]["condition"]))

    def _tell(self, key: str, error: ChannelError | None) -> None:
        told = self._told.get(key)
        if told is None or told.done():
            if error is not None:
                log.warning("a Jabber message that the server had taken came back: %s", error)
            return
        if error is None:
            told.set_result(None)
        else:
            told.set_exception(error)
