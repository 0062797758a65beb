"""The IMAP server: connected with time-outs and a checked certificate, read, moved, waited for (IDLE)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientError,
    LoginError,
)

from app.notify.channels.base import ChannelError, Permanent, Settings, Temporary
from app.notify.mailbox.oauth import access_token, forget_tokens
from app.notify.mailbox.settings import OAUTH2

TIMEOUT = SocketTimeout(connect=10, read=30)  # seconds
HEAD = 65_536  # bytes of a letter that is too large to be read
# seconds after which IDLE ends and the folder is looked at anew: servers end it after 29 minutes (RFC 2177),
# and a letter that came in the moment before it began is announced to nobody
RENEW = 60


class Mailbox:
    """An open, signed-in connection with the read folder selected. Errors come out as ChannelError."""

    def __init__(self, client: IMAPClient, settings: Settings) -> None:
        self.client, self.settings = client, settings
        self.capabilities = {bytes(one).upper() for one in client.capabilities()}
        self.delimiter = "/"
        self.validity = self._select()

    def _select(self) -> int:
        with _explained():
            answer = self.client.select_folder(self.settings.text("folder") or "INBOX")
        return int(answer.get(b"UIDVALIDITY") or 0)

    def numbers(self) -> list[int]:
        """The letters that lie in the folder, the oldest first."""
        with _explained():
            return sorted(int(one) for one in self.client.search("UNDELETED"))

    def size(self, number: int) -> int | None:
        """The bytes of a letter; None when it has gone meanwhile."""
        with _explained():
            found = self.client.fetch([number], ["RFC822.SIZE"]).get(number)
        return int(found[b"RFC822.SIZE"]) if found else None

    def letter(self, number: int) -> bytes | None:
        """The whole letter; reading it marks nothing."""
        return self._bytes(number, "BODY.PEEK[]", b"BODY[]")

    def head(self, number: int) -> bytes | None:
        """The first bytes of the headers alone."""
        return self._bytes(number, f"BODY.PEEK[HEADER]<0.{HEAD}>", b"BODY[HEADER]<0>")

    def _bytes(self, number: int, what: str, key: bytes) -> bytes | None:
        with _explained():
            found = self.client.fetch([number], [what]).get(number)
        data = found.get(key) if found else None
        return data if isinstance(data, bytes) else None

    def move(self, number: int, folder: str) -> None:
        """Put a letter into another folder, which is made if there is none."""
        with _explained():
            try:
                self._move(number, folder)
            except IMAPClientError:
                with suppress(IMAPClientError):  # it is there, or the next line says what is wrong
                    self.client.create_folder(folder)
                self._move(number, folder)

    def _move(self, number: int, folder: str) -> None:
        if b"MOVE" in self.capabilities:
            self.client.move([number], folder)
            return
        self.client.copy([number], folder)
        self.client.delete_messages([number])
        with suppress(CapabilityError):  # without UIDPLUS the mark alone must do: it is not read again
            self.client.uid_expunge([number])

    @property
    def can_wait(self) -> bool:
        """Whether the server tells by itself of a new letter."""
        return b"IDLE" in self.capabilities

    def wait(self, slice_seconds: float) -> Iterator[bool]:
        """Wait for news: True when there are some, False after each slice without any. Renewed before the
        server would end it; ends (with the last True or False) when it must be renewed."""
        with _explained():
            self.client.idle()
        began = time.monotonic()
        try:
            while time.monotonic() - began < RENEW:
                with _explained():
                    answers = self.client.idle_check(timeout=slice_seconds)
                news = any(len(one) > 1 and one[1] in {b"EXISTS", b"RECENT"} for one in answers)
                if any(one[:1] == (b"BYE",) or b"BYE" in one for one in answers if isinstance(one, tuple)):
                    raise Temporary("the server hung up")
                yield news
                if news:
                    return
        finally:
            with suppress(IMAPClientError, OSError):
                self.client.idle_done()

    def close(self) -> None:
        """Say goodbye, whatever state the connection is in."""
        with suppress(Exception):
            self.client.logout()


@contextmanager
def open_mailbox(settings: Settings, *, keep: Any = None) -> Iterator[Mailbox]:
    """Connect, encrypt, sign in, select. ``keep`` stores a new refresh token. Raises Temporary, Permanent."""
    client = _connect(settings)
    mailbox = None
    try:
        _sign_in(client, settings, keep)
        mailbox = Mailbox(client, settings)
        yield mailbox
    finally:
        if mailbox is not None:
            mailbox.close()
        else:
            with suppress(Exception):
                client.shutdown()


def check_mailbox(settings: Settings) -> int:
    """Try the settings, changing nothing. Returns how many letters lie there. Raises ChannelError."""
    with open_mailbox(settings) as mailbox:
        return len(mailbox.numbers())


def _connect(settings: Settings) -> IMAPClient:
    protection = settings.text("protection") or "tls"
    with _explained():
        # certificates and names are checked, TLS 1.2 is the least
        context = ssl.create_default_context(cafile=settings.text("ca_file") or None)
        client = IMAPClient(
            settings.text("host"),
            port=settings.number("port", 993),
            ssl=protection == "tls",
            ssl_context=context if protection == "tls" else None,
            timeout=TIMEOUT,
        )
        if protection == "starttls":
            client.starttls(context)
    return client


def _sign_in(client: IMAPClient, settings: Settings, keep: Any) -> None:
    user = settings.text("user")
    if settings.text("sign_in") != OAUTH2:
        with _explained():
            client.login(user, settings.text("password"))
        return
    token = access_token(settings, keep=keep)
    try:
        with _explained():
            client.oauth2_login(user, token)
    except ChannelError:
        forget_tokens()  # it may have been called back before its time
        raise


@contextmanager
def _explained() -> Iterator[None]:
    """Whatever goes wrong comes out as Temporary or Permanent, in words without secrets."""
    try:
        yield
    except LoginError as error:
        raise Permanent("the server refused the sign-in") from error
    except ssl.SSLError as error:
        raise Temporary(f"certificate: {type(error).__name__}") from error
    except FileNotFoundError as error:
        raise Permanent("the certificate authority's file is not there") from error
    except TimeoutError as error:
        raise Temporary("the server does not answer") from error
    except OSError as error:
        raise Temporary(f"unreachable: {type(error).__name__}") from error
    except IMAPClientError as error:
        raise Temporary(f"the server says no: {type(error).__name__}") from error
    except (ValueError, AssertionError) as error:
        raise Temporary(f"nonsense from the server: {type(error).__name__}") from error
