"""What is read from outside is found among the closed by an index of its own, the latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

IS_PUBLIC_CLOSED = sa.text(
    "state NOT IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')"
    " AND about IS NULL AND NOT hides_reporter AND urgency <> 'emergency'"
    " AND intent IN ('report', 'hazard') AND area_id IS NOT NULL"
)


def upgrade() -> None:
    op.create_index(
        "ix_tickets_public_closed",
        "tickets",
        ["opened_at", "category", "subcategory", "area_id", "state", "merged_into"],
        sqlite_where=IS_PUBLIC_CLOSED,
        postgresql_where=IS_PUBLIC_CLOSED,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_public_closed", "tickets")
