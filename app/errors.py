"""The four ways in which a request is refused, the same for a page, the API and a socket."""

from __future__ import annotations

from typing import Any


class HelpdeskError(Exception):
    """A refusal that the person can understand. ``message`` is already in his language."""

    status = 400

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(HelpdeskError):
    """It does not exist, or the rules of sight hide it: nobody can tell which."""

    status = 404


class Forbidden(HelpdeskError):
    """He sees it, but may not do this to it."""

    status = 403


class Conflict(HelpdeskError):
    """Someone was faster. ``details['current']`` holds the version that is there now."""

    status = 409


class Invalid(HelpdeskError):
    """What was typed cannot be used. ``fields`` maps the field's name to what to do about it."""

    status = 422

    def __init__(self, message: str = "", *, fields: dict[str, str] | None = None) -> None:
        super().__init__(message or "; ".join((fields or {}).values()), fields=fields or {})
        self.fields = fields or {}
