"""How much a request may carry: files much, all else little, for it is parsed in memory (traps.md M22)."""

from __future__ import annotations

from flask import Request, current_app


class CappedRequest(Request):
    """Werkzeug caps the fields of a form with files alone; here forms without and JSON are capped, too."""

    @property
    def max_content_length(self) -> int | None:
        """Bytes; more is answered with 413. A view may set its own."""
        most = super().max_content_length
        if self._max_content_length is not None or not current_app or self.mimetype == "multipart/form-data":
            return most
        least: int = current_app.config["MAX_TEXT_LENGTH"]
        return least if most is None else min(most, least)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value
