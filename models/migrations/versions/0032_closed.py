"""An index of closed tickets by community and end, for digests of a house with many years."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CLOSED = sa.text("state NOT IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')")


def upgrade() -> None:
    op.create_index(
        "ix_tickets_community_closed",
        "tickets",
        ["community_id", "ended_at"],
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_community_closed", "tickets")
