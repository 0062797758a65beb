"""One line of a list as the values of a client."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.errors import Invalid
from import_tools.sheet import Line

_NOTHING = frozenset({"-", "--", "—", "–", "немає", "нема", "нет", "none", "n/a"})
_YES = frozenset({"1", "true", "yes", "y", "так", "да", "+", "x", "х"})
_NO = frozenset({"0", "false", "no", "n", "ні", "нет", "-"})
_DISABLED_BIT = 2
_NUMBERS = re.compile(r"[;,/|]")
_GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


@dataclass(frozen=True)
class Person:
    """A line that can be used: ``values`` holds only what the line tells."""

    line: int
    name: str
    login: str = ""
    email: str = ""
    guid: str = ""
    unit: str = ""
    phones: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What tells this person from namesakes, the surest first."""
        named = (("guid", self.guid), ("login", self.login.casefold()), ("email", self.email.casefold()))
        return [(kind, key) for kind, key in named if key]


def read_person(line: Line) -> Person:
    """The person of a line. Raises Invalid with the reason why the line cannot be used."""
    if line.problem:
        raise Invalid(line.problem)
    told = {name: text for name, text in line.values.items() if text.casefold() not in _NOTHING and text}
    parts = (told.get(part, "") for part in ("surname", "first_name", "patronymic"))
    name = told.get("name") or " ".join(part for part in parts if part)
    if not name:
        raise Invalid(_("The line has no name."))
    values: dict[str, Any] = {"full_name": name}
    values |= {key: told[key] for key in ("login", "email", "job_title", "room", "note") if key in told}
    active = _activity(line.values)
    if active is not None:
        values["is_active"] = active
    guid = _guid(told.get("guid", ""))
    phones = [number for cell in line.phones for number in _split(cell)]
    keys = {"login": told.get("login", ""), "email": told.get("email", ""), "guid": guid}
    return Person(line.number, name, unit=told.get("unit", ""), phones=phones, values=values, **keys)


def _split(cell: str) -> list[str]:
    numbers = (part.strip() for part in _NUMBERS.split(cell))
    return [number for number in numbers if number and number.casefold() not in _NOTHING]


def _guid(text: str) -> str:
    guid = text.strip("{}").casefold()
    if guid and not _GUID.fullmatch(guid):
        raise Invalid(_("“%(text)s” is not an objectGUID.", text=text[:60]))
    return guid


def _activity(values: dict[str, str]) -> bool | None:
    if values.get("active"):
        return _flag(values["active"])
    if values.get("disabled"):
        text = values["disabled"]
        # Active Directory's userAccountControl is a number of flags
        if text.isdecimal() and len(text) > 1:
            return not int(text[:10]) & _DISABLED_BIT
        return not _flag(text)
    return None


def _flag(text: str) -> bool:
    folded = text.casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise Invalid(_("“%(text)s” is neither yes nor no.", text=text[:60]))
