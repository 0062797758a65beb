"""E-mail: one plain recipient, text and HTML, threads by ticket, an encrypted and checked way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from app.notify.channels.base import Channel, Field, FieldKind, Message, Permanent, Receipt, Temporary
from app.notify.mail import Letter, MailError, MailServer, check_server, is_address, send_letter
from models import ChannelName, Staff

_WAYS = (("starttls", "STARTTLS"), ("tls", "TLS"), ("none", _l("not encrypted")))


class EmailChannel(Channel):
    """SMTP. Its settings come from the screen or, without any there, from the environment."""

    name = ChannelName.EMAIL
    patience = timedelta(days=2)
    seconds = 60
    fields = (
        Field(
            "host",
            _l("Mail server"),
            is_required=True,
            help=_l("Such as mail.corp.example."),
        ),
        Field("port", _l("Port"), FieldKind.NUMBER, default=587, least=1, most=65535),
        Field("protection", _l("Encryption"), FieldKind.CHOICE, default="starttls", choices=_WAYS),
        Field("user", _l("User name")),
        Field("password", _l("Password"), FieldKind.SECRET),
        Field("ca_file", _l("Certificate authority"), help=_l("A file on the server; empty: the system's.")),
        Field("sender", _l("Sender"), is_required=True, help=_l("The address that letters come from.")),
    )

    @staticmethod
    def environment() -> dict[str, Any]:
        """The settings that the environment gives (HELPDESK_SMTP_URL); empty without any."""
        server: dict[str, Any] = current_app.config["MAIL_SERVER"]
        return {**server, "sender": current_app.config["MAIL_FROM"]} if server else {}

    @staticmethod
    def address_of(person: Staff) -> str:
        """His mailbox."""
        address = (person.email or "").strip()
        return address if is_address(address) else ""

    def send(self, message: Message) -> Receipt:
        """Hand the letter to the mail server under the delivery's own Message-ID."""
        domain = self.domain
        letter = Letter(
            to=message.to,
            subject=message.subject,
            text=message.text,
            html=message.html,
            message_id=f"<{message.key}@{domain}>",
            thread_id=f"<{message.thread}@{domain}>" if message.thread else "",
            list_id=f"<helpdesk.{domain}>",
            reply_to=message.reply_to,
        )
        try:
            self.send_letter(letter)
        except MailError as error:
            raise (Permanent(str(error)) if error.is_final else Temporary(str(error))) from error
        return Receipt(provider_id=letter.message_id)

    def send_letter(self, letter: Letter) -> None:
        """Hand any letter to this mail server. Raises MailError."""
        send_letter(letter, server=self._server, sender=self.sender)

    def check(self) -> None:
        """Connect, encrypt, sign in, say goodbye."""
        try:
            check_server(self._server)
        except MailError as error:
            raise Temporary(str(error)) from error

    @property
    def domain(self) -> str:
        """What stands behind the at sign in our Message-IDs."""
        return self.sender.rpartition("@")[2]

    @property
    def sender(self) -> str:
        """The address that letters come from."""
        return self.settings.text("sender") or "helpdesk@localhost"

    @property
    def _server(self) -> MailServer:
        settings = self.settings
        return MailServer(
            host=settings.text("host"),
            port=settings.number("port", 587),
            user=settings.text("user"),
            password=settings.text("password"),
            protection=settings.text("protection") or "starttls",
            ca_file=settings.text("ca_file"),
        )
