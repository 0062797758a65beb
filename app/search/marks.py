"""Which part of a text is what the person typed."""

from __future__ import annotations

import re

from app.text import fold_words, readings

_WORD = re.compile(r"[\w'’ʼ`´]+")


def mark_matches(text: str, query: str) -> list[tuple[str, bool]]:
    """``text`` cut into (part, is it matched): across separators for digits (``2-34`` typed ``234``)."""
    spans = _digit_spans(text, query) or _word_spans(text, query)
    segments: list[tuple[str, bool]] = []
    end = 0
    for start, stop in spans:
        segments += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    segments.append((text[end:], False))
    return [segment for segment in segments if segment[0]]


def _digit_spans(text: str, query: str) -> list[tuple[int, int]]:
    wanted = "".join(c for c in query if c in "0123456789")
    if len(wanted) < 2:
        return []
    places = [i for i, c in enumerate(text) if c in "0123456789"]
    at = "".join(text[i] for i in places).find(wanted)
    return [] if at < 0 else [(places[at], places[at + len(wanted) - 1] + 1)]


def _word_spans(text: str, query: str) -> list[tuple[int, int]]:
    wanted = {word for words in readings(query) for word in words}
    spans = []
    for match in _WORD.finditer(text):
        if any(_starts(match[0], word) for word in wanted):
            longest = max((w for w in wanted if _starts(match[0], w)), key=len)
            spans.append((match.start(), match.start() + _length(match[0], longest)))
    return spans


def _starts(word: str, folded: str) -> bool:
    return "".join(fold_words(word)).startswith(folded)


def _length(word: str, folded: str) -> int:
    """How many letters of ``word`` fold into ``folded``."""
    for length in range(1, len(word) + 1):
        if "".join(fold_words(word[:length])).startswith(folded):
            return length
    return len(word)
