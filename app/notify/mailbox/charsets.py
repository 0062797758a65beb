"""Bytes of letters as text, also where the letter lies about its charset or says none."""

from __future__ import annotations

import codecs

# what Cyrillic letters are written in; the first that fits best wins
CYRILLIC = ("cp1251", "koi8_u", "cp866", "iso8859_5")
# names that mailers write and Python does not know
_ALIASES = {"koi8-ru": "koi8_u", "cp-1251": "cp1251", "win-1251": "cp1251", "windows1251": "cp1251"}
SAMPLE = 20_000


def decode(data: bytes, declared: str = "") -> str:
    """The text of ``data``. Never raises: what fits no charset at all is replaced."""
    name = _known(declared)
    # a letter that says us-ascii, latin-1 or nothing and holds other bytes has not thought about it
    if name and name not in {"ascii", "iso8859-1", "cp1252", "utf-8"}:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        best = max(CYRILLIC, key=lambda each: _likeness(data[:SAMPLE].decode(each, "replace")))
        if _likeness(data[:SAMPLE].decode(best, "replace")) > 0:
            return data.decode(best, "replace")
        return data.decode(name if name in {"iso8859-1", "cp1252"} else "utf-8", "replace")


def _known(declared: str) -> str:
    """Python's name of a charset that decodes bytes into text; empty for none."""
    wanted = declared.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_ALIASES.get(wanted, wanted))
    except (LookupError, ValueError):
        return ""
    # rot13, zip and the like are codecs too, and could be a bomb
    return found.name if getattr(found, "_is_text_encoding", False) else ""


def _likeness(text: str) -> int:
    """How much it looks like words of our people: small Cyrillic letters for it, all else against it."""
    score = 0
    for character in text:
        if "а" <= character <= "я" or character in "ёіїєґ":
            score += 1
        elif "А" <= character <= "Я" or character in "ЁІЇЄҐ":
            score -= 1
        elif character > "\x7f" and character not in "«»–—“”„’№…\xa0":
            score -= 5
    return score
