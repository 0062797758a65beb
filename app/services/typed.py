"""Texts as people typed them, made fit to be kept."""

from __future__ import annotations

import unicodedata

_LINE_ENDS = {ord(c): "\n" for c in "\r\v\f\x85\u2028\u2029"}
_JOINERS = frozenset("\u200c\u200d")


def clean_text(text: str) -> str:
    """``text`` with one kind of line ends and blanks, without what is not seen, outer blanks cut off.

    The databases refuse NUL and lone surrogates, and marks that turn the direction of writing could make
    a text read otherwise than it is. Joiners stay: emoji and some scripts are made with them.
    """
    text = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    kept = (" " if unicodedata.category(c) == "Zs" else c for c in text if _is_kept(c))
    return "".join(kept).strip()


def _is_kept(character: str) -> bool:
    return character in "\n\t" or character in _JOINERS or unicodedata.category(character)[0] != "C"
