"""client search: the middle of a word, in PostgreSQL"""

from __future__ import annotations

import logging

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    try:
        with bind.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        log.warning(
            "The extension pg_trgm cannot be created (%s): finding clients by the middle of a name will be slow. "
            "Install the package postgresql-contrib, run CREATE EXTENSION pg_trgm as a superuser and then "
            "CREATE INDEX sx_client_search_text ON client USING gin (search_text gin_trgm_ops).",
            str(error.orig).strip(),
        )
        return
    op.execute("CREATE INDEX sx_client_search_text ON client USING gin (search_text gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS sx_client_search_text")
