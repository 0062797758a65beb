"""A real SMTP server whose letters can be read, encrypted or not, kind or not."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.servers import free_port

USER, PASSWORD = "helpdesk", "mail server's secret"
SENDER = "helpdesk@corp.example"


@dataclass
class Received:
    """One letter as it arrived: the envelope and the message."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    was_encrypted: bool
    peer: tuple[str, int]  # the other end of its connection

    @property
    def text(self) -> str:
        """The plain part."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part: Any = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content

    @property
    def link(self) -> str:
        """The address in the text."""
        found = re.search(r"https?://\S+", self.text)
        assert found
        return found[0]

    @property
    def token(self) -> str:
        """The last part of the link."""
        return self.link.rpartition("/")[2]

    @property
    def password(self) -> str:
        """The temporary password."""
        found = re.search(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", self.text)
        assert found
        return found[0]


@dataclass
class MailServer:
    """A running server. ``answers`` are given instead of taking a letter, one after the other.

    ``hangs_up``: after each letter, whatever the other side still wants; ``hung_up`` is set then.
    """

    port: int
    protection: str
    letters: list[Received] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    recipient_answer: str = ""
    needs_sign_in: bool = False
    hangs_up: bool = False
    hung_up: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """aiosmtpd asks for each recipient."""
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd has a whole letter."""
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        is_encrypted = server.transport.get_extra_info("ssl_object") is not None
        letter = Received(envelope.mail_from, list(envelope.rcpt_tos), message, is_encrypted, session.peer)
        self.letters.append(letter)
        if self.hangs_up:
            asyncio.get_running_loop().call_later(0.05, self._hang_up, server.transport)
        return "250 OK"

    def _hang_up(self, transport: asyncio.Transport) -> None:
        transport.abort()
        asyncio.get_running_loop().call_soon(self.hung_up.set)

    def settings(self, **more: Any) -> dict[str, Any]:
        """The application's MAIL_SERVER for it."""
        usual = {"host": "127.0.0.1", "port": self.port, "user": "", "password": "", "ca_file": ""}
        return {**usual, "protection": self.protection, **more}

    def wait(self, count: int = 1) -> Received:
        """The newest letter once there are so many."""
        deadline = time.monotonic() + 20
        while len(self.letters) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.letters) == count, f"{len(self.letters)} letters came"
        return self.letters[-1]


@contextmanager
def mail_server(
    certificate: tuple[Path, Path] | None = None, *, protection: str = "none", needs_sign_in: bool = False
) -> Iterator[MailServer]:
    """A server on loopback; ``protection``: none, starttls or tls, with this certificate and key."""
    server = MailServer(free_port(), protection, needs_sign_in=needs_sign_in)
    options: dict[str, Any] = {"decode_data": False, "enable_SMTPUTF8": False}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        if protection == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        else:
            options |= {"ssl_context": context}
    if needs_sign_in:
        options |= {"auth_required": True, "authenticator": _authenticate}
        options |= {"auth_require_tls": protection == "starttls"}
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
        _settle(controller)


def _settle(controller: Controller) -> None:
    loop: asyncio.AbstractEventLoop = controller.loop
    if not loop.is_closed() and not loop.is_running():
        loop.close()


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)
