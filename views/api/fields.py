"""Reading what a caller sent: every wrong field named at once, never a surprise for the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import prison  # type: ignore[import-untyped]  # carries no types
from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from app.errors import Invalid
from app.text import is_storable

LARGEST_ID = 2**31 - 1
LONGEST_KEY = 200
_MISSING = object()


class Fields:
    """Named values of a request. Readers note what is wrong; :meth:`finish` raises Invalid for all of it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.wrong: dict[str, str] = {}
        self._known: set[str] = set()

    def _take(self, name: str) -> Any:
        self._known.add(name)
        return self.values.get(name, _MISSING)

    def raw(self, name: str) -> Any:
        """The value as it came, for the caller to check."""
        return self._take(name)

    def has(self, name: str) -> bool:
        """Whether the caller sent this field at all."""
        return name in self.values

    def number(self, name: str, *, required: bool = False, empty: bool = False, least: int = 1) -> int | None:
        """A whole number that a column can hold; ``empty`` lets ``null`` stand for none."""
        value = self._take(name)
        if value is _MISSING and not required:
            return None
        if value is None and empty:
            return None
        if type(value) is not int or not least <= value <= LARGEST_ID:
            self.wrong[name] = _("Send a whole number of %(least)s or more.", least=least)
            return None
        return value

    def text(self, name: str, *, required: bool = False) -> str:
        """A text that both databases can store."""
        value = self._take(name)
        if value is _MISSING and not required:
            return ""
        if not isinstance(value, str):
            self.wrong[name] = _("Send a text.")
            return ""
        if not is_storable(value):
            self.wrong[name] = _("The text has characters that cannot be stored.")
            return ""
        if required and not value.strip():
            self.wrong[name] = _("Write something first.")
        return value

    def choice(self, name: str, choices: Mapping[Any, Any], default: Any) -> Any:
        """One of the keys of ``choices``, as the value beside it."""
        value = self._take(name)
        if value is _MISSING:
            return default
        if type(value) not in (int, str) or value not in choices:
            words = ", ".join(str(key) for key in choices)
            self.wrong[name] = _("Send one of: %(choices)s.", choices=words)
            return default
        return choices[value]

    def finish(self) -> None:
        """Raise Invalid if anything was wrong or unknown."""
        for name in self.values:
            if name not in self._known:
                self.wrong[str(name)[:80]] = _("There is no such field.")
        if self.wrong:
            raise Invalid(fields=self.wrong)


def read_body(*, required: bool = True) -> Fields:
    """The request's JSON object. BadRequest when it is broken or something else."""
    if not required and not request.get_data():
        return Fields({})
    try:
        values = request.get_json(force=True)
    except RecursionError:
        raise BadRequest from None
    if not isinstance(values, dict):
        raise BadRequest
    return Fields(values)


def read_rison() -> dict[str, Any]:
    """FAB's ``q`` as an object, an empty one without it. BadRequest when it is no rison object."""
    typed = request.args.get("q", "")
    if not typed:
        return {}
    try:
        values = prison.loads(typed)
    except (prison.decoder.ParserException, ValueError, IndexError, TypeError, RecursionError):
        raise BadRequest from None
    if not isinstance(values, dict):
        raise BadRequest
    return values


def request_key(typed: str, scope: Iterable[object]) -> str | None:
    """The stored name of one press of "save": the caller's key, from the body or from
    ``Idempotency-Key``, made his own by ``scope`` so that two callers' keys never meet."""
    given = typed or request.headers.get("Idempotency-Key", "")
    if not given:
        return None
    if len(given) > LONGEST_KEY or not is_storable(given):
        raise Invalid(fields={"request_key": _("Shorten to %(number)s characters.", number=LONGEST_KEY)})
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "|".join([*(str(part) for part in scope), given])))
