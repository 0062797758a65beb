"""PostgreSQL's indexes and foreign keys out of the way of a large load, and back behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, text

FOREIGN_KEYS = text("""
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY(:tables)
    ORDER BY conname
""")
# those that no constraint stands on
INDEXES = text("""
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i
    WHERE i.indrelid::regclass::text = ANY(:tables)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
    ORDER BY 1
""")


@contextmanager
def without_indexes(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Drop the tables' foreign keys and secondary indexes and build them again afterwards.

    All of it belongs to the caller's transaction: if that fails, nothing was ever gone. SQLite keeps its own.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    names = {"tables": list(tables)}
    keys = connection.execute(FOREIGN_KEYS, names).all()
    indexes = connection.execute(INDEXES, names).all()
    for table, name, _definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for _name, definition in indexes:
        connection.exec_driver_sql(definition)
    for table, name, definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
