"""How the organisation's directory is reached and which of its attributes mean what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from flask_babel import gettext as _

from app.directory.troubles import DirectoryError, Trouble

ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ACTIVE_DIRECTORY = {
    "login": "sAMAccountName",
    "full_name": "displayName, cn",
    "email": "mail",
    "phones": "telephoneNumber, mobile, ipPhone",
    "room": "physicalDeliveryOfficeName",
    "job_title": "title",
}
_OTHERS = {**_ACTIVE_DIRECTORY, "login": "uid", "room": "physicalDeliveryOfficeName, roomNumber"}
# inetOrgPerson has no “department”: these say the same there
_UNIT_ELSEWHERE = ("ou", "departmentNumber")


class Security(StrEnum):
    """How the way to the server is protected."""

    LDAPS = "ldaps"
    STARTTLS = "starttls"
    PLAIN = "plain"


@dataclass(frozen=True)
class DirectorySettings:
    """One directory. ``attributes`` maps our field to an attribute or several with commas between them.

    The first attribute that has a value wins; telephone numbers are taken from all. A field that is not named
    keeps its usual attribute. ``ca_pem`` holds the organisation's own certificate authorities; without it the
    system's are trusted. ``certificate_name`` is what the certificate must say if it differs from ``host``.
    ``group`` is a DN: only its members, nested ones too. ``unit_from_ou`` takes the nearest OU where
    ``unit_attribute`` says nothing. ``timeout`` is in seconds, for every answer of its own.
    """

    host: str
    user: str
    password: str = field(repr=False)
    base: str
    port: int | None = None
    security: Security = Security.LDAPS
    ca_pem: str = field(default="", repr=False)
    certificate_name: str = ""
    extra_filter: str = ""
    group: str = ""
    unit_attribute: str = "department"
    unit_from_ou: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 500
    timeout: float = 5.0
    use_dirsync: bool = False

    @property
    def real_port(self) -> int:
        """The port, or the usual one of the kind of protection."""
        return self.port or (636 if self.security is Security.LDAPS else 389)

    def fingerprint(self) -> str:
        """What decides who is read and how: with other settings only a whole read will do."""
        decisive = (self.base, self.extra_filter, self.group, self.unit_attribute, self.unit_from_ou)
        return sha256(
            repr((*decisive, sorted(self.attributes.items()), self.use_dirsync)).encode()
        ).hexdigest()[:16]


def attributes_of(settings: DirectorySettings, *, is_ad: bool) -> dict[str, tuple[str, ...]]:
    """The attributes of each field, ``unit`` among them. Raises DirectoryError for what cannot be one."""
    usual = _ACTIVE_DIRECTORY if is_ad else _OTHERS
    named = {**usual, **{key: text for key, text in settings.attributes.items() if text.strip()}}
    named["unit"] = settings.unit_attribute
    lists = {key: _names(text) for key, text in named.items()}
    if not is_ad and settings.unit_attribute == "department":
        lists["unit"] += _UNIT_ELSEWHERE
    return lists


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not ATTRIBUTE.fullmatch(name):
            raise DirectoryError(
                Trouble.FILTER, _("“%(name)s” is not the name of an attribute. Correct it.", name=name[:60])
            )
    return names
