"""DirSync: Active Directory itself tells what changed and who was deleted (MS-ADTS 3.1.1.3.4.1.3)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from flask_babel import gettext as _
from ldap3.protocol.microsoft import dir_sync_control, show_deleted_control

from app.directory.link import Entry, Link
from app.directory.people import Reader
from app.directory.server import Root
from app.directory.troubles import DirectoryError, Trouble, broken

DIRSYNC = "1.2.840.113556.1.4.841"
# Deleted objects keep objectClass and lose objectCategory
_USERS = "(objectClass=user)"
_ALL_BYTES = 2**31 - 1
MOST_ROUNDS = 100_000
# the server does not let us, or has no longer what we ask from: read by the counter then
_REFUSED = {Trouble.RIGHTS, Trouble.BROKEN, Trouble.BASE, Trouble.CUT}


@dataclass
class Told:
    """What changed since a mark."""

    mark: str
    changed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


def first_mark(link: Link, root: Root) -> str:
    """The mark of this moment, base64; "" where the account may not use DirSync."""
    told = changes_since(link, root, "")
    return told.mark if told else ""


def changes_since(link: Link, root: Root, mark: str) -> Told | None:
    """What changed since the mark ("": everything there is). None when the server refuses.

    An account that may replicate is told everything, any other (“object security”) what it may see;
    deleted objects may be seen by few.
    """
    return _told(link, root, mark, secure=False) or _told(link, root, mark, secure=True)


def _told(link: Link, root: Root, mark: str, *, secure: bool) -> Told | None:
    reader = Reader(link.settings, is_ad=True)
    # a move or a new name shows in these two alone
    attributes = [*reader.attributes, "isDeleted", "name", "parentGUID"]
    told = Told(mark)
    cookie = base64.b64decode(mark)
    for _round in range(MOST_ROUNDS):
        control = dir_sync_control(True, secure, False, False, False, _ALL_BYTES, cookie)
        try:
            controls = [control, show_deleted_control(False)]
            found, result = link.search(root.domain, _USERS, attributes, controls=controls)
        except DirectoryError as error:
            if error.trouble in _REFUSED and link.is_open:
                return None
            raise
        answer = (result.get("controls") or {}).get(DIRSYNC)
        if answer is None:
            return None
        _sort(told, reader, found)
        cookie = bytes(answer["value"]["cookie"])
        if not answer["value"]["more_results"]:
            told.mark = base64.b64encode(cookie).decode()
            return told
    raise broken(_("The server tells of changes without end. Nothing was changed."))


def _sort(told: Told, reader: Reader, found: list[Entry]) -> None:
    for entry in found:
        deleted = entry.first("isDeleted").upper() == "TRUE"
        (told.gone if deleted else told.changed).add(reader.guid(entry))
