"""Who belongs to a group, groups within groups included."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.directory.dn import dn_key
from app.directory.link import Entry, Link
from app.directory.people import Reader
from app.directory.server import Root
from app.directory.terms import IN_CHAIN, PEOPLE_ELSEWHERE, escaped

Key = tuple[tuple[str, str], ...]
_MEMBERS = ("member", "uniqueMember", "memberUid")
_GROUPS = (
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group))"
)
_RANGE = re.compile(r";range=\d+-(\d+|\*)$")


def group_term(link: Link, dn: str) -> str:
    """Active Directory's filter for the members of a group. Raises DirectoryError (BASE) if there is none.

    Whoever has a group as his primary one is not among its members, so those are asked for by number.
    """
    entries = [link.entry(dn, ["objectSid"])]
    within = f"(&(objectClass=group)(memberOf:{IN_CHAIN}:={escaped(dn)}))"
    for page in link.pages(within, ["objectSid"], base=_suffix(dn)):
        entries += page
    numbers = sorted({number for entry in entries if (number := _number(entry)) is not None})
    primary = "".join(f"(primaryGroupID={number})" for number in numbers)
    return f"(|(memberOf:{IN_CHAIN}:={escaped(dn)}){primary})"


def _number(entry: Entry) -> int | None:
    """The last part of a security identifier, its number within the domain (little-endian)."""
    raw = (entry.values.get("objectsid") or [b""])[0]
    return int.from_bytes(raw[-4:], "little") if len(raw) >= 12 else None


def _suffix(dn: str) -> str:
    """The domain of the group, where the groups within it are looked for."""
    found = re.search(r"(?i)(?:^|,)(dc=[^,]+(?:,dc=[^,]+)*)$", dn)
    return found[1] if found else dn


class Membership:
    """The members of a group of any directory, found by walking down from it."""

    def __init__(self, link: Link, root: Root, dn: str) -> None:
        top = Entry(dn, {name.lower(): all_values(link, dn, name) for name in _MEMBERS})
        groups: dict[Key, Entry] = {dn_key(dn): top}
        key = dn_key(dn)
        suffix = next(
            (c for c in root.contexts if c and key[-len(dn_key(c)) :] == dn_key(c)), link.settings.base
        )
        for page in link.pages(_GROUPS, list(_MEMBERS), base=suffix):
            groups |= {dn_key(entry.dn): entry for entry in page if dn_key(entry.dn) != key}
        self._keys: set[Key] = set()
        self._logins: set[str] = set()
        for entry in _walk(groups, key):
            for name in ("member", "uniquemember"):
                self._keys |= {dn_key(value.decode(errors="replace")) for value in entry.values.get(name, [])}
            self._logins |= {value.decode(errors="replace") for value in entry.values.get("memberuid", [])}

    def holds(self, entry: Entry) -> bool:
        """Whether the entry is a member."""
        return dn_key(entry.dn) in self._keys or entry.first("uid") in self._logins


def _walk(groups: dict[Key, Entry], start: Key) -> Iterator[Entry]:
    """The group and those within it, each once: groups may hold one another."""
    seen, waiting = {start}, [start]
    while waiting:
        entry = groups[waiting.pop()]
        yield entry
        for name in ("member", "uniquemember"):
            inner = {dn_key(value.decode(errors="replace")) for value in entry.values.get(name, [])}
            fresh = (inner & groups.keys()) - seen
            seen |= fresh
            waiting += fresh


def all_values(link: Link, dn: str, attribute: str, *, step: int | None = None) -> list[bytes]:
    """Every value, also when the server hands them out in ranges (Active Directory: 1,500 at once).

    ``step`` asks for ranges of that length. Raises DirectoryError (BASE) if there is no such entry.
    """
    wanted, values = f"{attribute};range=0-{step - 1}" if step else attribute, list[bytes]()
    while True:
        entry = link.entry(dn, [wanted])
        ranged = [name for name in entry.values if name.startswith(f"{attribute.lower()};range=")]
        if not ranged:
            return values + entry.values.get(attribute.lower(), [])
        values += entry.values[ranged[0]]
        end = _RANGE.search(ranged[0])
        if end is None or end[1] == "*":
            return values
        wanted = f"{attribute};range={int(end[1]) + 1}-*"


def guids_within(link: Link, root: Root, dn: str) -> frozenset[str]:
    """The identities of a group's people below the settings' base."""
    reader = Reader(link.settings, is_ad=root.is_ad)
    if root.is_ad:
        where = f"(&(objectCategory=person)(objectClass=user){group_term(link, dn)})"
        return frozenset(
            reader.guid(entry) for page in link.pages(where, [reader.guid_name]) for entry in page
        )
    members = Membership(link, root, dn)
    found = (entry for page in link.pages(PEOPLE_ELSEWHERE, [reader.guid_name, "uid"]) for entry in page)
    return frozenset(reader.guid(entry) for entry in found if members.holds(entry))
