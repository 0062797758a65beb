"""Rows by a number that somebody typed."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.orm import Session

from models import Model

LARGEST_ID = 2**31 - 1
T = TypeVar("T", bound=Model)


def is_id(value: int | None) -> bool:
    """Whether a column of ours can hold it: beyond that the databases raise instead of finding nothing."""
    return value is not None and 0 < value <= LARGEST_ID


def find_row(session: Session, table: type[T], row_id: int | None, **how: Any) -> T | None:
    """The row with this id, or None; ``how`` goes to ``session.get``."""
    return session.get(table, row_id, **how) if is_id(row_id) else None
