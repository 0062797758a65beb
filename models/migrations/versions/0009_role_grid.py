"""Roles as rows: what each may do and how far it sees, everywhere and in single departments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORK = ("take", "release", "transfer", "complete", "reopen", "comment")
_EMPLOYEE = (*_WORK, "create", "edit_clients")
_COORDINATOR = (
    *_EMPLOYEE,
    "archive",
    "restore",
    "edit",
    "set_priority",
    "plan",
    "see_statistics",
    "export",
    "manage_clients",
)
_SIGHTS = "sight in ('department', 'shared_and_own', 'own')"


def upgrade() -> None:
    roles = op.create_table(
        "work_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("sight", sa.String(length=20), nullable=False),
        sa.Column("is_chief", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("is_builtin", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(_SIGHTS, name="ck_work_role_sight"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    verbs = op.create_table(
        "role_verb",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["work_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "verb"),
    )
    op.create_table(
        "role_exception",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["work_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "department_id", "verb"),
    )
    op.create_table(
        "role_sight",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("sight", sa.String(length=20), nullable=False),
        sa.CheckConstraint(_SIGHTS, name="ck_role_sight_sight"),
        sa.ForeignKeyConstraint(["role_id"], ["work_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "department_id"),
    )
    stamps = op.create_table(
        "role_grid_stamp",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(
        roles,
        [
            {"key": "employee", "sight": "shared_and_own", "is_chief": False, "is_builtin": True, "position": 1},
            {"key": "coordinator", "sight": "department", "is_chief": True, "is_builtin": True, "position": 2},
        ],
    )
    ids = {row.key: row.id for row in op.get_bind().execute(sa.select(roles.c.key, roles.c.id))}
    op.bulk_insert(
        verbs,
        [
            {"role_id": ids[key], "verb": verb}
            for key, allowed in (("employee", _EMPLOYEE), ("coordinator", _COORDINATOR))
            for verb in allowed
        ],
    )
    op.bulk_insert(stamps, [{"id": 1, "stamp": "as-delivered"}])
    # a membership names any role of the grid now
    with op.batch_alter_table("membership") as table:
        table.drop_constraint("ck_membership_role", type_="check")


def downgrade() -> None:
    membership = sa.table("membership", sa.column("role", sa.String()))
    unknown = membership.c.role.not_in(["employee", "coordinator"])
    # the least of the two: nobody sees more by going back
    op.execute(membership.update().where(unknown).values(role="employee"))
    with op.batch_alter_table("membership") as table:
        table.create_check_constraint("ck_membership_role", "role in ('employee', 'coordinator')")
    for name in ("role_grid_stamp", "role_sight", "role_exception", "role_verb", "work_role"):
        op.drop_table(name)
