"""The contents of single cells: stray characters, several phones, rooms and phones among the names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from import_tools.book.words import is_section_name

_NOTHING = frozenset({"", "-", "--", "---", "—", "–", "немає", "нема", "нет", "none", "n/a"})
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
_PARTS = re.compile(r"\s*(?:[;,|/\\\n]|(?<=\d)\s+(?:та|і|й|и|and)\s+(?=\D{0,6}\d))\s*")
_SHORTEST = 3
_LONG = 5
# longer texts would only make the search for numbers slow
_LONGEST_NAME = 300
# a capital К. before a number is an initial
_ROOM_WORDS = "(?i:каб|кабінет|кабинет|кім|кімн|кімната|комн|комната|room|офіс|офис|ауд)|к"
_ROOM = re.compile(rf"[\s,;]*\(?\s*\b((?:{_ROOM_WORDS})\b\.?\s*№?\s*\d[\w/-]*)\s*\)?[\s,;]*")
_PHONE_WORDS = "тел|т|вн|внутр|моб|р|роб|міськ|факс|доб|phone|tel|ext|mob"
_PHONE = re.compile(
    rf"[\s,;:–—-]*\(?\s*(?P<phone>(?P<word>\b(?:{_PHONE_WORDS})\b\.?:?\s*)?[+(]?\d[\d\s()+.,;/-]*)\s*$",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


@dataclass(frozen=True)
class Split:
    """A cell of names taken apart. ``unclear`` is a number that may be a phone or a room."""

    name: str
    room: str = ""
    phones: tuple[str, ...] = ()
    unclear: str = ""


def clean(text: str) -> str:
    """The text without stray characters; line breaks stay, they part phones."""
    lines = _UNSEEN.sub("", text.replace("\r", "\n")).replace("\x0b", "\n").split("\n")
    kept = (" ".join(line.split()) for line in lines)
    return "\n".join(line for line in kept if line)


def one_line(text: str) -> str:
    """A cell's text on one line."""
    return " ".join(text.split())


def is_nothing(text: str) -> bool:
    """Whether a cell only says that there is nothing."""
    return text.casefold() in _NOTHING


def is_day(text: str) -> bool:
    """Whether the text is a date: what a spreadsheet makes of a phone like 2-10."""
    return bool(_DAY.fullmatch(text))


def count_digits(text: str) -> int:
    """How many digits there are."""
    return sum(unicodedata.category(letter) == "Nd" for letter in text)


def split_phones(text: str) -> tuple[list[str], list[str]]:
    """The numbers of a cell as they are written, and its words that are no number.

    ``2070/2071`` are two, ``239-78-91/92`` is one: its end is no number of its own.
    """
    phones: list[str] = []
    words = []
    for part in _PARTS.split(text):
        digits = count_digits(part)
        if is_nothing(part):
            continue
        if not digits:
            words.append(part)
        elif digits < _SHORTEST and phones and count_digits(phones[-1]) >= _LONG and part[0].isdigit():
            phones[-1] = f"{phones[-1]}{_between(text, phones[-1], part)}{part}"
        else:
            phones.append(part)
    return phones, words


def _between(text: str, before: str, after: str) -> str:
    start = text.find(before) + len(before)
    return text[start : text.find(after, start)]


def split_name(text: str, *, has_phone: bool) -> Split:
    """Take a room and phones out of a name; a bare number is a phone only where the row has no other."""
    name, room = text, ""
    if len(text) > _LONGEST_NAME:
        return Split(text)
    found = _ROOM.search(text)
    if found:
        room = found[1]
        name = " ".join((text[: found.start()], text[found.end() :])).strip()
    number = _PHONE.search(
        name.removesuffix(")") if name.count(")") > name.count("(") or "(" in name else name
    )
    if (
        not number
        or count_digits(number["phone"]) < (2 if number["word"] else _SHORTEST)
        or not number.start()
    ):
        return Split(_trim(name), room)
    if not number["word"] and (is_section_name(name) or name[: number.start()].rstrip().endswith("№")):
        # “Цех 305” is called so
        return Split(_trim(name), room)
    rest = _trim(name[: number.start()])
    if has_phone and not number["word"]:
        return Split(rest, room, unclear=number["phone"].strip())
    return Split(rest, room, tuple(split_phones(number["phone"].strip())[0]))


def _trim(name: str) -> str:
    return one_line(name).strip(" ,;:–—-(")
