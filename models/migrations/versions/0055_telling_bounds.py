"""What was handed on is asked after ever more rarely; keepers hear of addresses that fail."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

IS_TOLD = sa.text("state IN ('sent', 'failed')")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("open311_referrals", sa.Column("ask_at", moment, nullable=True))
    op.add_column("webhook_endpoints", sa.Column("failing_told_at", moment, nullable=True))
    op.create_index(
        "ix_webhooks_told",
        "webhooks",
        ["system_id", "ticket_id"],
        sqlite_where=IS_TOLD,
        postgresql_where=IS_TOLD,
    )


def downgrade() -> None:
    op.drop_index("ix_webhooks_told", "webhooks")
    op.drop_column("webhook_endpoints", "failing_told_at")
    op.drop_column("open311_referrals", "ask_at")
