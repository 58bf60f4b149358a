"""Messages that did not surely arrive are found without a walk through the whole ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

IS_TROUBLED = sa.text("state IN ('in_doubt', 'failed', 'held', 'expired')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_troubled",
        "outbox",
        ["id"],
        sqlite_where=IS_TROUBLED,
        postgresql_where=IS_TROUBLED,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_troubled", table_name="outbox")
