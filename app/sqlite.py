"""SQLite as we want it: write-ahead log, foreign keys, and transactions that start with the first write.

The driver's own habit is to open a transaction only before some statements and never before a SAVEPOINT,
so that releasing the savepoint commits half of a unit of work. We begin ourselves: ``BEGIN IMMEDIATE`` before
the first write, so that a second writer waits its turn instead of failing; reads need no transaction.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, event

PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=60000")
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "SAVEPOINT", "CREATE", "ALTER", "DROP", "WITH")


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "before_cursor_execute")
def _begin_before_writing(
    connection: Any, cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    raw = connection.connection.dbapi_connection
    if (
        isinstance(raw, sqlite3.Connection)
        and not raw.in_transaction
        and statement.lstrip()[:9].upper().startswith(WRITES)
    ):
        cursor.execute("BEGIN IMMEDIATE")


@event.listens_for(Engine, "savepoint")
def _begin_before_savepoint(connection: Any, _name: str) -> None:
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        raw.execute("BEGIN IMMEDIATE")
