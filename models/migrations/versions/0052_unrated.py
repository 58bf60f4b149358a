"""Tickets that wait for their reporter's word are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

IS_RESOLVED = sa.text("state = 'resolved'")


def upgrade() -> None:
    op.create_index(
        "ix_tickets_unrated",
        "tickets",
        ["reporter_id", "state"],
        sqlite_where=IS_RESOLVED,
        postgresql_where=IS_RESOLVED,
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_unrated", "tickets")
