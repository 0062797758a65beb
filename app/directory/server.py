"""What kind of server answers, and how far its counter of changes has come."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from ldap3 import BASE

from app.directory.link import ANYTHING, Entry, Link

_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
_WANTED = [
    *["supportedCapabilities", "defaultNamingContext", "namingContexts"],
    *["dsServiceName", "highestCommittedUSN"],
]


@dataclass(frozen=True)
class Cursor:
    """How far a directory has been read. ``usn`` counts on one server alone, so ``server`` names it.

    ``dirsync`` is the server's own mark (base64), ``settings`` the fingerprint of what was asked for.
    """

    server: str
    usn: int
    dirsync: str = ""
    settings: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"server": self.server, "usn": self.usn, "dirsync": self.dirsync, "settings": self.settings}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Cursor:
        """What :meth:`to_dict` gave."""
        texts = {name: str(stored.get(name, "")) for name in ("dirsync", "settings")}
        return cls(str(stored["server"]), int(stored["usn"]), **texts)


@dataclass(frozen=True)
class Root:
    """What the server says of itself. ``server`` is "" where changes are not counted."""

    is_ad: bool = False
    domain: str = ""
    contexts: tuple[str, ...] = ()
    server: str = ""
    usn: int = field(default=0)


def root_of(link: Link) -> Root:
    """Ask the server about itself; a directory that tells nothing is read whole, in the plain way."""
    found, _result = link.search("", ANYTHING, _WANTED, search_scope=BASE)
    entry = found[0] if found else Entry("")
    is_ad = _ACTIVE_DIRECTORY.encode() in entry.values.get("supportedcapabilities", [])
    contexts = [value.decode(errors="replace") for value in entry.values.get("namingcontexts", [])]
    counted = is_ad and entry.first("highestCommittedUSN").isdecimal()
    return Root(
        is_ad=is_ad,
        domain=entry.first("defaultNamingContext"),
        contexts=tuple(contexts),
        server=_identity(link, entry.first("dsServiceName")) if counted else "",
        usn=int(entry.first("highestCommittedUSN")) if counted else 0,
    )


def _identity(link: Link, service: str) -> str:
    """The controller, and the life of its database: restored from a copy, it gets a new invocationId."""
    raw = (link.entry(service, ["invocationId"]).values.get("invocationid") or [b""])[0]
    life = str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else ""
    return f"{service}|{life}" if life else ""
