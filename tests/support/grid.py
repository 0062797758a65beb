"""Another grid of rights than the one that is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from app.grid import Grid, Post
from models import Role, Verb


@contextmanager
def employees_may_not_edit_clients() -> Iterator[None]:
    """Meanwhile employees write tickets, but do not edit clients: a role that administrators can make."""
    real = Grid.post

    def post(grid: Grid, role: str, department_id: int) -> Post:
        found = real(grid, role, department_id)
        return replace(found, verbs=found.verbs - {Verb.EDIT_CLIENTS}) if role == Role.EMPLOYEE else found

    with patch.object(Grid, "post", post):
        yield
