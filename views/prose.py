"""Typed text as HTML: everything escaped, addresses of the web and of mail made into links."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"']+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TAIL = ".,;:!?»”’)]}"


def prose(text: str) -> Markup:
    """``text`` escaped, with safe links. Line breaks are left to CSS (``white-space: pre-line``)."""
    parts: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        parts.append(escape(text[end : match.start()]))
        target = address if "://" in address else f"mailto:{address}"
        parts.append(Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(target, address))
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence; a bracket that was opened inside belongs to the address."""
    while address[-1:] and address[-1] in _TAIL:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address
