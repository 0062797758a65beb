"""Column types and helpers shared by all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from flask_appbuilder import Model
from sqlalchemy import JSON, CursorResult, DateTime, Dialect, Result, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

__all__ = ["Json", "Model", "UtcDateTime", "rows_changed", "utcnow"]

Json = JSON().with_variant(JSONB(), "postgresql")


def utcnow() -> datetime:
    """The current moment, always aware and always UTC."""
    return datetime.now(UTC)


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE has changed: what every claim of a row goes by."""
    return cast(CursorResult[Any], result).rowcount


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, ``timestamptz`` in PostgreSQL, naive UTC text in SQLite.

    A naive value is refused, because nobody can know what it meant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
