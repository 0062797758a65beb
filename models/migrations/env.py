"""Alembic's environment: the connection of the application, the metadata of our models."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import JSON, DateTime

from models import Model
from models.base import UtcDateTime


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write our own types as plain ones, so that an old revision never needs today's models."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def compare_type(_context: Any, _column: Any, _there: Any, _type: Any, ours: Any) -> bool | None:
    """A moment is a DateTime to the database; everything else is compared by Alembic."""
    return False if isinstance(ours, UtcDateTime | DateTime) else None


def is_ours(item: Any, name: str | None, kind: str, reflected: bool, there: Any) -> bool:
    """Leave alone what only a hand-written revision can make: search tables and indexes on expressions."""
    if kind == "table" and reflected and there is None:
        return False
    return not (kind == "index" and reflected and there is None and str(name).startswith("sx_"))


def run() -> None:
    """Migrate in one transaction, on a connection given by the caller or on the application's."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    with current_app.extensions["migrate"].db.engine.connect() as connection:
        _migrate(connection)
        connection.commit()


def _migrate(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_item=render_item,
        compare_type=compare_type,
        include_object=is_ours,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
