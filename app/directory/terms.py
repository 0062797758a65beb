"""Filters: who counts as a person, and how the administrator's own filter joins in (RFC 4515)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from ldap3.utils.conv import escape_bytes, escape_filter_chars

# the rule that follows membership through groups within groups
IN_CHAIN = "1.2.840.113556.1.4.1941"
# contacts are no users, computers no persons; Administrator, Guest and krbtgt come with every domain
PEOPLE_IN_AD = "(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE))"
PEOPLE_ELSEWHERE = "(objectClass=inetOrgPerson)"
# a folder whose move or new name changes what is said of the people within, but not their own counters
FOLDERS = "(|(objectClass=organizationalUnit)(objectClass=container))"
MOST_IN_ONE = 100


def escaped(text: str) -> str:
    """A value inside a filter."""
    return str(escape_filter_chars(text))


def people(*, is_ad: bool, extra: str = "", more: str = "") -> str:
    """The filter of the people to read."""
    extra = extra.strip()
    if extra and not extra.startswith("("):
        extra = f"({extra})"
    return f"(&{PEOPLE_IN_AD if is_ad else PEOPLE_ELSEWHERE}{extra}{more})"


def identities(guids: Iterable[str], *, is_ad: bool) -> list[str]:
    """Filters that find the entries of these identities, a hundred in each."""
    one = [
        f"(objectGUID={escape_bytes(uuid.UUID(guid).bytes_le)})"
        if is_ad
        else f"(entryUUID={uuid.UUID(guid)})"
        for guid in sorted(guids)
    ]
    return [f"(|{''.join(one[i : i + MOST_IN_ONE])})" for i in range(0, len(one), MOST_IN_ONE)]
