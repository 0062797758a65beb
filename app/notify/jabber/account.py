"""The helpdesk's own account at a Jabber server, and what a Jabber address is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import StrEnum

from slixmpp import JID
from slixmpp.jid import InvalidJID

from app.notify.channels.base import Temporary


class Protection(StrEnum):
    """How the way to the server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True)
class Account:
    """Who signs in where. Without ``host`` the server is found by the domain of ``jid`` (SRV records).

    ``ca_file``: the one authority that is trusted, in PEM; empty: the system's.
    """

    jid: str
    password: str = field(repr=False)
    host: str = ""
    port: int = 5222
    protection: str = Protection.STARTTLS
    ca_file: str = ""

    def trust(self) -> ssl.SSLContext:
        """Certificates are checked, whatever the settings. Raises Temporary for a bad file."""
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise Temporary("certificate authority unreadable") from error


def bare_jid(text: str) -> str:
    """``Olena@Corp.example/phone`` → ``olena@corp.example``; empty if it is no person's address."""
    try:
        jid = JID((text or "").strip())
    except InvalidJID:
        return ""
    return str(jid.bare) if jid.local and jid.domain else ""
