"""How each person signs in, who he is in the directory, and what its groups give."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ONE_OF_TWO = "(screen_role_id is null) <> (department_id is null)"


def upgrade() -> None:
    op.add_column("ab_user", sa.Column("sign_in_way", sa.String(10), server_default="local", nullable=False))
    op.add_column("ab_user", sa.Column("directory_guid", sa.String(36), nullable=True))
    op.create_index("uq_ab_user_directory_guid", "ab_user", ["directory_guid"], unique=True)
    op.add_column(
        "directory_source", sa.Column("creates_accounts", sa.Boolean(), server_default="0", nullable=False)
    )

    op.create_table(
        "directory_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_guid", sa.String(length=36), nullable=False),
        sa.Column("group_name", sa.String(length=256), nullable=False),
        sa.Column("group_dn", sa.String(length=2000), nullable=False),
        sa.Column("screen_role_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.CheckConstraint(_ONE_OF_TWO, name="ck_directory_group_role_one"),
        sa.CheckConstraint(
            "(department_id is null) = (role is null)", name="ck_directory_group_role_department"
        ),
        sa.ForeignKeyConstraint(["screen_role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    _indexes("directory_group_role", "group_guid")
    op.create_table(
        "directory_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("screen_role_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.CheckConstraint(_ONE_OF_TWO, name="ck_directory_grant_one"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["screen_role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    _indexes("directory_grant", "user_id")


def _indexes(table: str, whose: str) -> None:
    op.create_index(f"uq_{table}_screen", table, [whose, "screen_role_id"], unique=True)
    op.create_index(f"uq_{table}_place", table, [whose, "department_id"], unique=True)
    for column in ("screen_role_id", "department_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in ("directory_grant", "directory_group_role"):
        op.drop_table(table)
    op.drop_index("uq_ab_user_directory_guid", "ab_user")
    columns = (
        ("directory_source", "creates_accounts"),
        ("ab_user", "directory_guid"),
        ("ab_user", "sign_in_way"),
    )
    for table, column in columns:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")  # batch mode would drop the triggers
        else:
            op.drop_column(table, column)
