"""A person of the directory, made of an entry."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass

from flask_babel import gettext as _

from app.directory import expiry
from app.directory.dn import nearest_ou
from app.directory.link import Entry
from app.directory.settings import DirectorySettings, attributes_of
from app.directory.troubles import DirectoryError, Trouble, broken

_DISABLED_BIT = 2
# OpenLDAP's password policy writes this for “locked until an administrator unlocks”
_LOCKED_FOREVER = "000001010000Z"


@dataclass(frozen=True)
class DirectoryPerson:
    """``guid`` is his identity: neither name, login, mail nor place. Lower-case text of a UUID.

    ``is_disabled``: switched off by somebody, or ended by its date.
    """

    guid: str
    dn: str
    login: str
    full_name: str
    email: str = ""
    unit: str = ""
    job_title: str = ""
    phones: tuple[str, ...] = ()
    room: str = ""
    is_disabled: bool = False


@dataclass(frozen=True)
class Skipped:
    """An entry that is there but cannot be used; he has not left. ``reason`` is for people."""

    guid: str
    dn: str
    reason: str


class Reader:
    """Makes people of entries by the settings' mapping."""

    def __init__(self, settings: DirectorySettings, *, is_ad: bool) -> None:
        self._names = attributes_of(settings, is_ad=is_ad)
        self._from_ou = settings.unit_from_ou
        self._is_ad = is_ad
        self.guid_name = "objectGUID" if is_ad else "entryUUID"

    @property
    def attributes(self) -> list[str]:
        """What has to be asked for."""
        state = (
            ["userAccountControl", expiry.ATTRIBUTE]
            if self._is_ad
            else ["pwdAccountLockedTime", "nsAccountLock"]
        )
        mapped = {name for names in self._names.values() for name in names}
        return [self.guid_name, *state, *sorted(mapped - {self.guid_name, *state})]

    def guid(self, entry: Entry) -> str:
        """The entry's identity. Raises DirectoryError: without one the whole answer is doubtful."""
        raw = (entry.values.get(self.guid_name.lower()) or [b""])[0]
        try:
            if self._is_ad:
                return str(uuid.UUID(bytes_le=raw))
            return str(uuid.UUID(raw.decode()))
        except ValueError as error:
            text = _(
                "“%(dn)s” has no %(name)s, by which people are told apart. "
                "Give the account the right to read it.",
                dn=entry.dn,
                name=self.guid_name,
            )
            raise broken(text) from error

    def person(self, entry: Entry) -> DirectoryPerson | Skipped | None:
        """The person; None for the account of a machine or of a trust, which is nobody."""
        guid = self.guid(entry)
        login, name = self._first(entry, "login"), self._first(entry, "full_name")
        if login.endswith("$"):
            return None
        if not login or not name:
            reason = _("It has no login.") if not login else _("It has no name.")
            return Skipped(guid, entry.dn, reason)
        if self._is_ad and not entry.first("userAccountControl").isdecimal():
            return Skipped(guid, entry.dn, _("Whether it is disabled may not be read."))
        return DirectoryPerson(
            guid=guid,
            dn=entry.dn,
            login=login,
            full_name=name,
            email=self._first(entry, "email"),
            unit=self._unit(entry),
            job_title=self._first(entry, "job_title"),
            phones=self._all(entry, "phones"),
            room=self._first(entry, "room"),
            is_disabled=self._is_disabled(entry),
        )

    def _unit(self, entry: Entry) -> str:
        return self._first(entry, "unit") or (clean(nearest_ou(entry.dn)) if self._from_ou else "")

    def _is_disabled(self, entry: Entry) -> bool:
        if self._is_ad:
            is_off = bool(int(entry.first("userAccountControl")) & _DISABLED_BIT)
            return is_off or expiry.is_over(entry.first(expiry.ATTRIBUTE))
        locked = entry.first("pwdAccountLockedTime") == _LOCKED_FOREVER
        return locked or entry.first("nsAccountLock").lower() == "true"

    def _all(self, entry: Entry, field: str) -> tuple[str, ...]:
        raw = (value for name in self._names.get(field, ()) for value in entry.values.get(name.lower(), []))
        texts = (clean(value.decode(errors="replace")) for value in raw)
        return tuple(dict.fromkeys(text for text in texts if text))

    def _first(self, entry: Entry, field: str) -> str:
        return next(iter(self._all(entry, field)), "")


def clean(text: str) -> str:
    """One line without signs that nobody sees and no database takes."""
    spaced = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return " ".join("".join(sign for sign in spaced if unicodedata.category(sign) != "Cs").split())


def ensure_readable(skipped: list[Skipped], people: int) -> None:
    """Refuse an answer in which nobody at all can be used: then it is a right that is missing, not people."""
    if skipped and not people:
        text = _(
            "Entries are found, but not one can be used. The first: %(reason)s", reason=skipped[0].reason
        )
        raise DirectoryError(Trouble.RIGHTS, text)
