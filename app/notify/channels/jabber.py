"""Jabber (XMPP): over a long-lived connection of the courier's, acknowledged by the server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from queue import Empty, Queue
from threading import Thread

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.notify.channels.base import (
    Channel,
    ChannelError,
    Field,
    FieldKind,
    Message,
    Permanent,
    Receipt,
    Temporary,
)
from app.notify.jabber.account import Account, Protection, bare_jid
from app.notify.jabber.client import CONNECT_SECONDS, Client
from app.notify.jabber.failures import SILENT
from app.notify.jabber.office import link_to
from models import ChannelName, Staff

_WAYS = (
    (Protection.STARTTLS.value, "STARTTLS"),
    (Protection.TLS.value, "TLS"),
    (Protection.NONE.value, _l("not encrypted")),
)
TEXT_LENGTH = 5_000
CHECK_SECONDS = CONNECT_SECONDS + 3


class JabberChannel(Channel):
    """A chat message to a person's bare address; a device that is off gets it from the server later."""

    name = ChannelName.JABBER
    patience = timedelta(hours=12)
    seconds = 30
    fields = (
        Field("jid", _l("Jabber ID"), is_required=True, help=_l("Such as helpdesk@corp.example.")),
        Field("password", _l("Password"), FieldKind.SECRET, is_required=True),
        Field("host", _l("Server"), help=_l("Empty: found by the domain of the Jabber ID.")),
        Field("port", _l("Port"), FieldKind.NUMBER, default=5222, least=1, most=65535),
        Field("protection", _l("Encryption"), FieldKind.CHOICE, default="starttls", choices=_WAYS),
        Field("ca_file", _l("Certificate authority"), help=_l("A file on the server; empty: the system's.")),
    )

    @staticmethod
    def address_of(person: Staff) -> str:
        """His Jabber ID, if it is a person's address."""
        return bare_jid(person.jabber_id or "")

    @property
    def account(self) -> Account:
        """Who signs in where. Raises Temporary when the settings name nobody."""
        settings = self.settings
        jid = bare_jid(settings.text("jid"))
        if not jid:
            raise Temporary("Jabber ID of the helpdesk is missing or wrong")
        return Account(
            jid=jid,
            password=settings.text("password"),
            host=settings.text("host"),
            port=settings.number("port", 5222),
            protection=settings.text("protection") or Protection.STARTTLS,
            ca_file=settings.text("ca_file"),
        )

    def send(self, message: Message) -> Receipt:
        """Under the delivery's key as the stanza's id; returns when the server has acknowledged it."""
        to = bare_jid(message.to)
        if not to:
            raise Permanent("no Jabber address")
        link_to(self.account).send(to, _words(message), key=message.key, is_urgent=message.is_urgent)
        return Receipt(provider_id=message.key)

    def check(self) -> None:
        """Sign in over a connection of its own and leave; nobody sees us come or go."""
        account, outcome = self.account, Queue[Exception | None]()
        # in a thread, because a name server that says nothing keeps even a loop that has ended waiting
        Thread(target=lambda: outcome.put(_try_account(account)), daemon=True).start()
        try:
            error = outcome.get(timeout=CHECK_SECONDS)
        except Empty:
            raise Temporary(SILENT) from None
        if error is not None:
            raise error


def _words(message: Message) -> str:
    text = message.text[:TEXT_LENGTH]
    if not message.is_urgent:
        return text
    with force_locale(message.locale):
        return "\n".join(["‼ " + _("Urgent"), text])


def _try_account(account: Account) -> Exception | None:
    try:
        asyncio.run(_sign_in(account))
    except ChannelError as error:
        return error
    except Exception as error:
        return Temporary(type(error).__name__)
    return None


async def _sign_in(account: Account) -> None:
    client = Client(account)
    await client.open()
    await client.close()
