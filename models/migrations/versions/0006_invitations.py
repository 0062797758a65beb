"""The white list and the letters of a first login."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from models.base import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN_RULE = sa.text("revoked_at is null")
OPEN_LETTER = sa.text("used_at is null and ended_at is null")
WAITING = sa.text("sent_at is null and used_at is null and ended_at is null")


def moment(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "invitation_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.String(length=320), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        moment("created_at", nullable=False),
        moment("expires_at"),
        moment("revoked_at"),
        sa.CheckConstraint("role in ('employee', 'coordinator')", name="ck_invitation_rule_role"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_invitation_rule_open",
        "invitation_rule",
        ["pattern"],
        unique=True,
        postgresql_where=OPEN_RULE,
        sqlite_where=OPEN_RULE,
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("first_name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=256), server_default="", nullable=False),
        sa.Column("tries_left", sa.Integer(), server_default="5", nullable=False),
        sa.Column("asked_from", sa.String(length=45), server_default="", nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        moment("asked_at", nullable=False),
        moment("next_try_at"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(length=20), server_default="", nullable=False),
        moment("sent_at"),
        moment("expires_at"),
        moment("used_at"),
        moment("ended_at"),
        sa.Column("ending", sa.String(length=20), server_default="", nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["rule_id"], ["invitation_rule.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_invitation_token", "invitation", ["token_hash"], unique=True)
    op.create_index(
        "uq_invitation_open_login",
        "invitation",
        ["login"],
        unique=True,
        postgresql_where=OPEN_LETTER,
        sqlite_where=OPEN_LETTER,
    )
    op.create_index(
        "ix_invitation_waiting", "invitation", ["next_try_at"], postgresql_where=WAITING, sqlite_where=WAITING
    )
    op.create_index("ix_invitation_rule", "invitation", ["rule_id"])


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("invitation_rule")
