"""Full text of tickets: an expression index in PostgreSQL, FTS5 kept by triggers in SQLite.

A later revision that rebuilds the table ``ticket`` in SQLite (batch mode) drops its triggers and has to
call ``upgrade`` of this one's statements again.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = "subject, body, topic_text"
_NEW = "new.id, new.subject, new.body, new.topic_text"
_OLD = "'delete', old.id, old.subject, old.body, old.topic_text"
SQLITE = (
    f"CREATE VIRTUAL TABLE ticket_text USING fts5({COLUMNS}, content='ticket', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
    f"INSERT INTO ticket_text(rowid, {COLUMNS}) SELECT id, {COLUMNS} FROM ticket",
    f"CREATE TRIGGER ticket_text_insert AFTER INSERT ON ticket BEGIN "
    f"INSERT INTO ticket_text(rowid, {COLUMNS}) VALUES ({_NEW}); END",
    f"CREATE TRIGGER ticket_text_delete AFTER DELETE ON ticket BEGIN "
    f"INSERT INTO ticket_text(ticket_text, rowid, {COLUMNS}) VALUES ({_OLD}); END",
    f"CREATE TRIGGER ticket_text_update AFTER UPDATE OF {COLUMNS} ON ticket BEGIN "
    f"INSERT INTO ticket_text(ticket_text, rowid, {COLUMNS}) VALUES ({_OLD}); "
    f"INSERT INTO ticket_text(rowid, {COLUMNS}) VALUES ({_NEW}); END",
)
POSTGRESQL = (
    "CREATE INDEX sx_ticket_text ON ticket USING gin "
    "(to_tsvector('simple', subject || ' ' || body || ' ' || topic_text))"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        return
    for statement in SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX sx_ticket_text")
        return
    for name in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER ticket_text_{name}")
    op.execute("DROP TABLE ticket_text")
