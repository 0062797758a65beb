"""Somebody who signs in: found by his login, with his groups; the directory itself proves his password.

Neither the filter nor the group of the imports counts here: they choose clients, not who works here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from app.directory.expiry import over_term
from app.directory.groups import Membership, group_term
from app.directory.link import Entry, Link, connect
from app.directory.people import DirectoryPerson, Reader
from app.directory.reading import nobody
from app.directory.server import Root, root_of
from app.directory.settings import DirectorySettings, attributes_of
from app.directory.terms import escaped, identities
from app.directory.troubles import DirectoryError, Trouble

_USERS_IN_AD = "(objectCategory=person)(objectClass=user)"
_USERS_ELSEWHERE = "(objectClass=inetOrgPerson)"
_SWITCHED_ON = "(!(userAccountControl:1.2.840.113556.1.4.803:=2))"
_GROUPS_IN_AD = "(objectClass=group)"
_GROUPS_ELSEWHERE = (
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group))"
)


@dataclass(frozen=True)
class Found:
    """The person with this login; ``groups`` are those asked about that he is in, also through others."""

    person: DirectoryPerson
    first_name: str
    last_name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DirectoryGroup:
    """A group; ``guid`` is its identity."""

    guid: str
    name: str
    dn: str


def find_login(settings: DirectorySettings, login: str, *, groups: Collection[str] = ()) -> Found | None:
    """Whoever has this login, if it is exactly one person. Raises DirectoryError.

    ``groups`` are the GUIDs of the groups to look for him in.
    """
    if not is_askable(login):
        return None
    with connect(settings) as link:
        root = root_of(link)
        reader = Reader(settings, is_ad=root.is_ad)
        attribute = attributes_of(settings, is_ad=root.is_ad)["login"][0]
        wanted = [*reader.attributes, "givenName", "sn", "uid"]
        where = f"(&{_users(root)}({attribute}={escaped(login)}))"
        entries = [entry for page in link.pages(where, wanted, base=_top(link, root)) for entry in page]
        if len(entries) != 1:
            return None
        person = reader.person(entries[0])
        if not isinstance(person, DirectoryPerson):
            return None
        within = _groups_of(link, root, groups, [person.guid]) if groups else {}
        first, last = _two_names(entries[0], person.full_name)
        return Found(person, first, last, within.get(person.guid, frozenset()))


def prove_password(settings: DirectorySettings, dn: str, password: str) -> None:
    """Sign in as this entry, over a connection of its own. Raises DirectoryError.

    PASSWORD: it is wrong. ACCOUNT with ``code``: the account may not sign in. Else nothing is known.
    """
    if not dn.strip() or not is_askable(password):
        raise DirectoryError(Trouble.PASSWORD, _("Type the login and the password."))
    with connect(replace(settings, user=dn, password=password)):
        pass


def is_askable(text: str) -> bool:
    """Whether a login or password may be sent at all: an empty one would sign in as nobody, and succeed."""
    return bool(text.strip()) and "\0" not in text


def groups_of(
    settings: DirectorySettings, groups: Collection[str], people: Collection[str]
) -> dict[str, frozenset[str]]:
    """Who of these people is in which of these groups (GUIDs), also through others. Raises DirectoryError.

    Who is disabled in Active Directory or has expired is in none; nor is anybody in a group that is gone.
    """
    if not groups or not people:
        return {}
    with connect(settings) as link:
        return _groups_of(link, root_of(link), groups, people)


def able_people(settings: DirectorySettings, people: Collection[str]) -> frozenset[str]:
    """Who of these people (GUIDs) is still there, neither disabled nor expired. Raises DirectoryError.

    Whose entry cannot be read whole counts as there. When nobody at all is found, the directory must show
    that it has people: a right that is missing is no absence.
    """
    if not people:
        return frozenset()
    with connect(settings) as link:
        root = root_of(link)
        reader = Reader(settings, is_ad=root.is_ad)
        entries = list(_entries_of(link, root, people, reader.attributes))
        if not entries and not any(
            link.pages(f"(&{_users(root)})", [reader.guid_name], base=_top(link, root))
        ):
            raise nobody(link, root)
        found = {reader.guid(entry): reader.person(entry) for entry in entries}
    return frozenset(
        guid
        for guid, one in found.items()
        if one is not None and not (isinstance(one, DirectoryPerson) and one.is_disabled)
    )


def _entries_of(link: Link, root: Root, people: Collection[str], attributes: list[str]) -> Iterator[Entry]:
    for term in identities(people, is_ad=root.is_ad):
        for page in link.pages(f"(&{_users(root)}{term})", attributes, base=_top(link, root)):
            yield from page


def _groups_of(
    link: Link, root: Root, groups: Collection[str], people: Collection[str]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    reader = Reader(link.settings, is_ad=root.is_ad)
    for group in _groups(link, root, identities(groups, is_ad=root.is_ad)):
        members = None if root.is_ad else Membership(link, root, group.dn)
        inside = f"{group_term(link, group.dn)}{_SWITCHED_ON}(!{over_term()})" if root.is_ad else ""
        for term in identities(people, is_ad=root.is_ad):
            where = f"(&{_users(root)}{inside}{term})"
            for page in link.pages(where, [reader.guid_name, "uid"], base=_top(link, root)):
                for entry in page:
                    if members is None or members.holds(entry):
                        found.setdefault(reader.guid(entry), set()).add(group.guid)
    return {guid: frozenset(inside) for guid, inside in found.items()}


def find_group(settings: DirectorySettings, text: str) -> DirectoryGroup:
    """The group with this name or DN. Raises DirectoryError (BASE): there is none, or there are several."""
    text = text.strip()
    with connect(settings) as link:
        root = root_of(link)
        found: list[DirectoryGroup] = []
        if is_askable(text):
            names = ("cn", "sAMAccountName", "distinguishedName", "entryDN")
            term = f"(|{''.join(f'({name}={escaped(text)})' for name in names)})"
            found = _groups(link, root, [term])
    if not found:
        message = _(
            "The directory has no group “%(name)s”. Check its name, or write its DN.", name=text[:200]
        )
        raise DirectoryError(Trouble.BASE, message)
    if len(found) > 1:
        message = _("Several groups are called “%(name)s”. Write the DN of the one.", name=text[:200])
        raise DirectoryError(Trouble.BASE, message)
    return found[0]


def _groups(link: Link, root: Root, terms: list[str]) -> list[DirectoryGroup]:
    kind = _GROUPS_IN_AD if root.is_ad else _GROUPS_ELSEWHERE
    reader = Reader(link.settings, is_ad=root.is_ad)
    entries = [
        entry
        for term in terms
        for page in link.pages(f"(&{kind}{term})", [reader.guid_name, "cn"], base=_suffix(link, root))
        for entry in page
    ]
    return [DirectoryGroup(reader.guid(e), e.first("cn") or e.dn, e.dn) for e in entries]


def _users(root: Root) -> str:
    return _USERS_IN_AD if root.is_ad else _USERS_ELSEWHERE


def _top(link: Link, root: Root) -> str:
    """Where people are looked for: a login is unique in a whole domain, elsewhere below the base."""
    return root.domain if root.is_ad and root.domain else link.settings.base


def _suffix(link: Link, root: Root) -> str:
    """Where groups are looked for: they seldom stand below the people's base."""
    base = link.settings.base.casefold()
    inside = [context for context in root.contexts if context and base.endswith(context.casefold())]
    if root.is_ad and root.domain:
        return root.domain
    return max(inside, key=len, default=link.settings.base)


def _two_names(entry: Entry, full_name: str) -> tuple[str, str]:
    """First name and surname; where the directory does not tell them apart, the surname stands first."""
    first, last = entry.first("givenName").strip(), entry.first("sn").strip()
    if first and last:
        return first, last
    last, _space, first = full_name.partition(" ")
    return (first.strip(), last) if first.strip() else (last, "")
