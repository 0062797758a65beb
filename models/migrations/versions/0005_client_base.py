"""Runs that can be taken back, the sources of a client"s fields, phone books and whom they were joined with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "directory_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sealed_password", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("hour", sa.Integer(), server_default="3", nullable=False),
        sa.Column("brake_percent", sa.Integer(), server_default="10", nullable=False),
        sa.Column("cursor", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("step", sa.String(length=40), server_default="", nullable=False),
        sa.Column("problem", sa.String(length=500), server_default="", nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("notes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "stage in ('running', 'waiting', 'applied', 'failed', 'refused', 'undone')",
            name="ck_import_run_stage",
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["import_run.id"],
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_import_run_kind", "import_run", ["kind", "id"])
    op.create_index(
        "ix_import_run_open",
        "import_run",
        ["id"],
        unique=False,
        postgresql_where=sa.text("stage in ('running', 'waiting')"),
        sqlite_where=sa.text("stage in ('running', 'waiting')"),
    )

    op.create_table(
        "book_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phones", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.Column("unit", sa.String(length=200), server_default="", nullable=False),
        sa.Column("job_title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("email", sa.String(length=320), server_default="", nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("found_standing", sa.String(length=10), nullable=False),
        sa.Column("found_client_id", sa.Integer(), nullable=True),
        sa.Column("is_decided", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("candidates", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"]),
        sa.ForeignKeyConstraint(["found_client_id"], ["client.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_book_row_client", "book_row", ["client_id", "run_id"])
    op.create_index("ix_book_row_key", "book_row", ["key", "run_id"])
    op.create_index("ix_book_row_run", "book_row", ["run_id", "standing", "row"])

    op.create_table(
        "change_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("old", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("new", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["ab_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_change_request_client", "change_request", ["client_id", "id"])
    op.create_index(
        "ix_change_request_open",
        "change_request",
        ["id"],
        unique=False,
        postgresql_where=sa.text("decided_at is null"),
        sqlite_where=sa.text("decided_at is null"),
    )

    op.create_table(
        "client_claim",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("values", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "source"),
    )
    op.create_table(
        "match_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phones", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("room", sa.String(length=80), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["import_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_match_decision_run", "match_decision", ["run_id"])
    op.create_index("ix_match_decision_key", "match_decision", ["key", "id"])

    op.create_table(
        "run_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=12), server_default="", nullable=False),
        sa.Column("old", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("new", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["client.id"],
        ),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_run_change_client", "run_change", ["client_id", "id"])
    op.create_index("ix_run_change_run", "run_change", ["run_id", "id"])

    op.create_table(
        "unit_alias",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_unit_alias_unit_id", "unit_alias", ["unit_id"])

    op.create_table(
        "twin_pair",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["dismissed_by_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("client_id", "other_id"),
    )
    op.create_index("ix_twin_pair_other_id", "twin_pair", ["other_id"])
    undecided = sa.text("dismissed_at is null")
    op.create_index(
        "ix_twin_pair_open", "twin_pair", ["score"], postgresql_where=undecided, sqlite_where=undecided
    )

    op.add_column("client", sa.Column("merged_into_id", sa.Integer(), nullable=True))
    merged = sa.text("merged_into_id is not null")
    op.create_index(
        "ix_client_merged_into", "client", ["merged_into_id"], postgresql_where=merged, sqlite_where=merged
    )


def downgrade() -> None:
    op.drop_index("ix_client_merged_into", "client")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE client DROP COLUMN merged_into_id")  # batch mode would drop the triggers
    else:
        op.drop_column("client", "merged_into_id")

    op.drop_index("ix_twin_pair_open", "twin_pair")
    op.drop_index("ix_twin_pair_other_id", "twin_pair")
    op.drop_table("twin_pair")
    op.drop_index("ix_unit_alias_unit_id", "unit_alias")
    op.drop_table("unit_alias")

    op.drop_index("ix_run_change_run", "run_change")
    op.drop_index("ix_run_change_client", "run_change")

    op.drop_table("run_change")
    op.drop_index("ix_match_decision_key", "match_decision")
    op.drop_index("ix_match_decision_run", "match_decision")

    op.drop_table("match_decision")
    op.drop_table("client_claim")
    op.drop_index(
        "ix_change_request_open",
        "change_request",
        postgresql_where=sa.text("decided_at is null"),
        sqlite_where=sa.text("decided_at is null"),
    )
    op.drop_index("ix_change_request_client", "change_request")

    op.drop_table("change_request")
    op.drop_index("ix_book_row_run", "book_row")
    op.drop_index("ix_book_row_key", "book_row")
    op.drop_index("ix_book_row_client", "book_row")

    op.drop_table("book_row")
    op.drop_index(
        "ix_import_run_open",
        "import_run",
        postgresql_where=sa.text("stage in ('running', 'waiting')"),
        sqlite_where=sa.text("stage in ('running', 'waiting')"),
    )
    op.drop_index("ix_import_run_kind", "import_run")

    op.drop_table("import_run")
    op.drop_table("directory_source")
