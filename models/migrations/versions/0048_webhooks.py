"""What outside systems are told at addresses of theirs, and which of them listen."""

import sqlalchemy as sa
from alembic import op

from models.reference import rewatching

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("state IN ('queued', 'sending')")
WATCHED = ("outside_systems", "webhook_endpoints")


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", MOMENT, nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.Column("stop_reason", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stop_reason IS NULL)",
            name=op.f("ck_webhook_endpoints_stop_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["system_id"],
            ["outside_systems.id"],
            name=op.f("fk_webhook_endpoints_system_id_outside_systems"),
        ),
        sa.PrimaryKeyConstraint("system_id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.Column("along", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(32), server_default="queued", nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state <> 'sending' OR lease_token IS NOT NULL",
            name=op.f("ck_webhooks_sending_has_lease"),
        ),
        sa.ForeignKeyConstraint(
            ["system_id"],
            ["outside_systems.id"],
            name=op.f("fk_webhooks_system_id_outside_systems"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_webhooks_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("system_id", "event_id", name=op.f("uq_webhooks_system_id_event_id")),
    )
    for name, columns in (
        ("ix_webhooks_open", ["not_before"]),
        ("ix_webhooks_in_order", ["system_id", "ticket_id", "event_id"]),
    ):
        op.create_index(name, "webhooks", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)
    dialect = op.get_bind().dialect.name
    for watched in WATCHED:
        for statement in rewatching(dialect, watched):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    of = " ON outside_systems" if dialect == "postgresql" else ""
    op.drop_table("webhooks")
    op.drop_table("webhook_endpoints")
    op.get_bind().exec_driver_sql(f"DROP TRIGGER reference_outside_systems_0{of}")
