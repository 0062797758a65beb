"""What can keep the helpdesk from starting."""

from __future__ import annotations


class CannotStart(Exception):
    """The message says what is wrong and what to do; it is shown without a traceback."""
