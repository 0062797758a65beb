"""How the reading process says no: a code and its values; the words are found where the language is known."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The file cannot be read. ``code`` is one of ``wording.REFUSALS``."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
