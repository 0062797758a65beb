"""Channels, choices, duty, the ladder, templates; deliveries that wait, are tried, die or are skipped."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WHEN = sa.DateTime(timezone=True)
WAITING = sa.text("status = 'waiting' and channel <> 'popup'")
DEAD = sa.text("status = 'dead'")
NEW_INDEXES = ("ix_delivery_due", "ix_delivery_dead", "ix_delivery_created", "ix_delivery_provider", "uq_delivery_key")
NAMED = sa.text("provider_id <> ''")
MANY = 5000
# minutes, channel, audience: the story's order of getting louder
LADDER = ((0, "popup", "addressees"), (3, "jabber", "addressees"), (8, "sms", "addressees"))
LAST_RUNG = (15, "sms", "coordinators")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, WHEN, nullable=True)


def _user(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("ab_user.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Integer(), owner, nullable=False, primary_key=primary_key)


def _grow_delivery() -> None:
    for column in (
        sa.Column("status", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("key", sa.String(length=32), nullable=True),
        _moment("due_at"),
        _moment("wanted_at"),
        _moment("held_until"),
        _moment("queued_until"),
        sa.Column("is_urgent", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("is_held", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("rung", sa.Integer(), server_default="0", nullable=False),
        _text("batch", 32),
        _text("address", 320),
        _text("provider_id", 200),
        _text("error", 300),
        _text("receipt", 20),
        _moment("receipt_at"),
        sa.Column("parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost", sa.Numeric(12, 4), server_default="0", nullable=False),
    ):
        op.add_column("delivery", column)
    _fill_old_deliveries()
    with op.batch_alter_table("delivery") as table:
        table.alter_column("key", existing_type=sa.String(length=32), nullable=False)
        table.alter_column("due_at", existing_type=WHEN, nullable=False)
        table.alter_column("wanted_at", existing_type=WHEN, nullable=False)
    op.create_index("ix_delivery_due", "delivery", ["due_at"], postgresql_where=WAITING, sqlite_where=WAITING)
    op.create_index("ix_delivery_dead", "delivery", ["id"], postgresql_where=DEAD, sqlite_where=DEAD)
    op.create_index("ix_delivery_created", "delivery", ["created_at"])
    op.create_index(
        "ix_delivery_provider", "delivery", ["provider_id"], postgresql_where=NAMED, sqlite_where=NAMED
    )
    op.create_index("uq_delivery_key", "delivery", ["key"], unique=True)


def _fill_old_deliveries() -> None:
    """What was shown counts as sent; every old row gets a key that cannot be guessed."""
    delivery = sa.table(
        "delivery",
        *(sa.column(name) for name in ("id", "key", "due_at", "wanted_at", "created_at", "sent_at", "status")),
    )
    op.execute(delivery.update().values(due_at=delivery.c.created_at, wanted_at=delivery.c.created_at))
    op.execute(delivery.update().where(delivery.c.sent_at.is_not(None)).values(status="sent"))
    connection, last = op.get_bind(), 0
    while ids := list(
        connection.scalars(
            sa.select(delivery.c.id).where(delivery.c.id > last).order_by(delivery.c.id).limit(MANY)
        )
    ):
        connection.execute(
            delivery.update().where(delivery.c.id == sa.bindparam("row")).values(key=sa.bindparam("new")),
            [{"row": number, "new": uuid.uuid4().hex} for number in ids],
        )
        last = ids[-1]


def _add_settings() -> None:
    op.create_table(
        "channel_setting",
        sa.Column("channel", sa.String(length=20), primary_key=True),
        sa.Column("is_on", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    )
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.String(length=20), primary_key=True),
        _moment("worked_at"),
        _moment("failed_at"),
        _moment("failing_since"),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        _text("error", 300),
        _moment("resting_until"),
    )
    rungs = op.create_table(
        "ladder_rung",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("department.id", ondelete="CASCADE"), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=12), server_default="addressees", nullable=False),
    )
    op.create_index("ix_ladder_rung_department", "ladder_rung", ["department_id", "after_minutes"])
    op.bulk_insert(
        rungs,
        [
            {"department_id": None, "after_minutes": minutes, "channel": channel, "audience": audience}
            for minutes, channel, audience in (*LADDER, LAST_RUNG)
        ],
    )
    op.create_table(
        "message_template",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        _text("subject", 200),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.UniqueConstraint("kind", "channel", "locale", name="uq_message_template"),
    )
    op.create_table(
        "notification_default",
        sa.Column("role", sa.String(length=20), primary_key=True),
        sa.Column("kind", sa.String(length=40), primary_key=True),
        sa.Column("channel", sa.String(length=20), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )


def _add_personal() -> None:
    op.create_table(
        "notification_choice",
        _user(primary_key=True),
        sa.Column("kind", sa.String(length=40), primary_key=True),
        sa.Column("channel", sa.String(length=20), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "notification_habit",
        _user(primary_key=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        _text("quiet_days", 7),
        _text("time_zone", 60),
        sa.Column("sms_only_high", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("digest_on", sa.Boolean(), server_default="1", nullable=False),
    )
    op.create_table(
        "duty_shift",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("department.id", ondelete="CASCADE"), nullable=False),
        _user(),
        sa.Column("starts_at", WHEN, nullable=False),
        sa.Column("ends_at", WHEN, nullable=False),
    )
    op.create_index("ix_duty_shift_department_ends", "duty_shift", ["department_id", "ends_at"])
    op.create_index("ix_duty_shift_user_id", "duty_shift", ["user_id"])
    op.create_table(
        "ticket_watch",
        _user(primary_key=True),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("watches", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_ticket_watch_ticket_id", "ticket_watch", ["ticket_id"])
    op.create_table(
        "own_address",
        sa.Column("id", sa.Integer(), primary_key=True),
        _user(),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
    )
    op.create_index("ix_own_address_user_id", "own_address", ["user_id"])
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.Integer(), primary_key=True),
        _user(),
        sa.Column("endpoint", sa.String(length=1000), nullable=False, unique=True),
        sa.Column("p256dh", sa.String(length=200), nullable=False),
        sa.Column("auth", sa.String(length=100), nullable=False),
        _text("device", 80),
        sa.Column("created_at", WHEN, nullable=False),
        _moment("worked_at"),
    )
    op.create_index("ix_push_subscription_user_id", "push_subscription", ["user_id"])


def _add_incoming() -> None:
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        _text("sender", 320),
        sa.Column("at", WHEN, nullable=False),
        _text("outcome", 30),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("ticket_id", sa.Integer(), sa.ForeignKey("ticket.id", ondelete="SET NULL"), nullable=True),
        sa.UniqueConstraint("source", "external_id", name="uq_incoming_source_external"),
    )
    op.create_index("ix_incoming_at", "incoming", ["at"])


def upgrade() -> None:
    _grow_delivery()
    _add_settings()
    _add_personal()
    _add_incoming()


def downgrade() -> None:
    for table in (
        "incoming",
        "push_subscription",
        "own_address",
        "ticket_watch",
        "duty_shift",
        "notification_habit",
        "notification_choice",
        "notification_default",
        "message_template",
        "ladder_rung",
        "channel_health",
        "channel_setting",
    ):
        op.drop_table(table)
    # what other channels were told is not news of the pages
    delivery = sa.table("delivery", sa.column("channel"))
    op.execute(delivery.delete().where(delivery.c.channel != "popup"))
    for index in NEW_INDEXES:
        op.drop_index(index, "delivery")
    with op.batch_alter_table("delivery") as table:
        for column in (
            "status", "key", "due_at", "wanted_at", "held_until", "queued_until", "is_urgent", "is_held", "rung", "batch",
            "address", "provider_id", "error", "receipt", "receipt_at", "parts", "cost",
        ):  # fmt: skip
            table.drop_column(column)
