"""Since when the time of the level that has a ticket counts."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Until now it was counted from what the present owner was asked, or from their late acceptance.
_FROM_OWNER = """
UPDATE tickets SET level_began_at = (
    SELECT CASE
        WHEN assignments.answered_at >= tickets.resolve_due_at THEN assignments.answered_at
        ELSE assignments.asked_at
    END
    FROM assignments
    WHERE assignments.ticket_id = tickets.id
      AND assignments.part = 'owner' AND assignments.answer IN ('asked', 'accepted')
    ORDER BY assignments.id DESC LIMIT 1
)
WHERE level_due_at IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("tickets", sa.Column("level_began_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_FROM_OWNER)


def downgrade() -> None:
    op.drop_column("tickets", "level_began_at")
