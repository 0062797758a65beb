"""What a browser calls itself, as a short name that its owner recognises: ``Firefox · Windows``."""

from __future__ import annotations

import re

LONGEST = 80
# the first that fits: browsers name their ancestors, too
_PROGRAMS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Vivaldi", r"Vivaldi/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Windows", r"Windows"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def device_name(agent: str) -> str:
    """A short name from the User-Agent header; a program's own first word; empty when it says nothing."""
    program, system = _first(_PROGRAMS, agent), _first(_SYSTEMS, agent)
    if program:
        return f"{program} · {system}" if system else program
    word = re.match(r"[\w.+-]+(?:/[\w.+-]+)?", agent, re.ASCII)
    return (word.group()[:LONGEST] if word else "") or system


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, agent)), "")
