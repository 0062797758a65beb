"""The middle of a client's words: trigrams in PostgreSQL (pg_trgm) and in SQLite (FTS5 kept by triggers).

A later revision that rebuilds the table ``client`` in SQLite (batch mode) drops its triggers and has to
make them again.
"""

from __future__ import annotations

import logging

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")
INDEX = "CREATE INDEX sx_client_search_text ON client USING gin (search_text gin_trgm_ops)"
_OLD = "INSERT INTO client_text(client_text, rowid, search_text) VALUES ('delete', old.id, old.search_text)"
_NEW = "INSERT INTO client_text(rowid, search_text) VALUES (new.id, new.search_text)"
SQLITE = (
    "CREATE VIRTUAL TABLE client_text USING fts5(search_text, content='client', content_rowid='id', "
    "tokenize='trigram')",
    "INSERT INTO client_text(rowid, search_text) SELECT id, search_text FROM client",
    f"CREATE TRIGGER client_text_insert AFTER INSERT ON client BEGIN {_NEW}; END",
    f"CREATE TRIGGER client_text_delete AFTER DELETE ON client BEGIN {_OLD}; END",
    f"CREATE TRIGGER client_text_update AFTER UPDATE OF search_text ON client BEGIN {_OLD}; {_NEW}; END",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
        return
    try:
        with bind.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        log.warning(
            "The extension pg_trgm cannot be created (%s): finding clients by the middle of a name will be "
            "slow. Install the package postgresql-contrib, and as a superuser run CREATE EXTENSION pg_trgm; %s",
            str(error.orig).strip(),
            INDEX,
        )
        return
    op.execute(INDEX)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS sx_client_search_text")
        return
    for name in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER client_text_{name}")
    op.execute("DROP TABLE client_text")
