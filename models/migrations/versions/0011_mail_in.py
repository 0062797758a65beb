"""Letters that come in, their tray, attachments; clients found by their address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
WAITING = sa.text("status = 'waiting'")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _owner(name: str, table: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=True)


def upgrade() -> None:
    op.create_table(
        "mail_letter",
        sa.Column("id", sa.Integer(), primary_key=True),
        _text("message_id", 300),
        _text("sender", 320),
        _text("sender_name", 200),
        _text("subject", 300),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", WHEN, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        _text("why", 20),
        _text("reason", 300),
        _owner("ticket_id", "ticket"),
        _owner("comment_id", "comment"),
        sa.Column("decided_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
    )
    op.create_index(
        "ix_mail_letter_waiting", "mail_letter", ["id"], postgresql_where=WAITING, sqlite_where=WAITING
    )
    for name, column in (("ticket", "ticket_id"), ("comment", "comment_id"), ("message", "message_id")):
        op.create_index(f"ix_mail_letter_{name}", "mail_letter", [column])
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), primary_key=True),
        _owner("ticket_id", "ticket"),
        _owner("comment_id", "comment"),
        _owner("letter_id", "mail_letter"),
        sa.Column("stored_name", sa.String(length=32), nullable=False),
        sa.Column("original_name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
    )
    op.create_index("ix_attachment_ticket", "attachment", ["ticket_id", "id"])
    op.create_index("ix_attachment_comment", "attachment", ["comment_id"])
    op.create_index("ix_attachment_letter", "attachment", ["letter_id"])
    op.create_index("uq_attachment_stored_name", "attachment", ["stored_name"], unique=True)
    # an expression, which SQLite cannot reflect: named to be left out of the comparison with the models
    op.execute("CREATE INDEX sx_client_email ON client (lower(email))")


def downgrade() -> None:
    op.execute("DROP INDEX sx_client_email")
    op.drop_table("attachment")
    op.drop_table("mail_letter")
