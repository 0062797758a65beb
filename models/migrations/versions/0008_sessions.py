"""Sessions on the server, the second factor, absences, and what else people set for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PERSONAL = ("start_page", "phone", "jabber_id", "session_epoch", "keys_since")


def upgrade() -> None:
    op.add_column(
        "ab_user", sa.Column("start_page", sa.String(length=10), server_default="day", nullable=False)
    )
    op.add_column("ab_user", sa.Column("phone", sa.String(length=40), server_default="", nullable=False))
    op.add_column("ab_user", sa.Column("jabber_id", sa.String(length=320), server_default="", nullable=False))
    op.add_column("ab_user", sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False))
    op.add_column("ab_user", sa.Column("keys_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), server_default="", nullable=False),
        sa.Column("device", sa.String(length=80), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_index("ix_user_session_last_seen_at", "user_session", ["last_seen_at"])
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=500), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "code_hash"),
    )
    op.create_table(
        "second_factor_role",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id"),
    )
    op.create_table(
        "absence",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stand_in_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("ix_absence_stand_in_id", "absence", ["stand_in_id"])
    # what is over need not be remembered any more: what goes on is
    op.drop_index("ix_ended_session_ended_at", "ended_session")
    op.drop_table("ended_session")


def downgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_ended_session_ended_at", "ended_session", ["ended_at"])
    for table in ("absence", "second_factor_role", "recovery_code", "second_factor", "user_session"):
        op.drop_table(table)
    for column in PERSONAL:
        op.execute(f"ALTER TABLE ab_user DROP COLUMN {column}")  # batch mode would copy the whole table
