"""Another grid of rights than the one that is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from app import policy


@contextmanager
def employees_may_not_edit_clients() -> Iterator[None]:
    """Meanwhile employees write tickets, but do not edit clients: a role that administrators can make."""
    verbs = policy.GRID[policy.Standing.EMPLOYEE] - {policy.Verb.EDIT_CLIENTS}
    with patch.object(policy, "GRID", {**policy.GRID, policy.Standing.EMPLOYEE: verbs}):
        yield
