"""Distinguished names taken apart (RFC 4514)."""

from __future__ import annotations

import re

_ESCAPED = re.compile(rb"\\([0-9a-fA-F]{2}|.)", re.DOTALL)
_PART = re.compile(r"((?:[^,+\\]|\\.)*)([,+]|$)", re.DOTALL)


def parts_of(dn: str) -> list[tuple[str, str]]:
    """(type, value) from the entry upwards; types lower case, values unescaped; of “a=1+b=2” the first."""
    parts: list[tuple[str, str]] = []
    ended_by, position = ",", 0
    while position < len(dn):
        found = _PART.match(dn, position)
        if found is None:
            break
        kind, _equals, value = found[1].partition("=")
        if ended_by == ",":
            parts.append((kind.strip().lower(), _plain(value.strip())))
        ended_by, position = found[2], found.end()
    return parts


def _plain(value: str) -> str:
    def letter(found: re.Match[bytes]) -> bytes:
        return bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else found[1]

    return _ESCAPED.sub(letter, value.encode()).decode(errors="replace")


def dn_key(dn: str) -> tuple[tuple[str, str], ...]:
    """Equal for two spellings of one name; directories compare without case."""
    return tuple((kind, value.casefold()) for kind, value in parts_of(dn))


def nearest_ou(dn: str) -> str:
    """The name of the organisational unit that holds the entry, "" if none does."""
    return next((value for kind, value in parts_of(dn)[1:] if kind == "ou"), "")
