"""What a ticket names; open ones of a class are told apart by their index, without their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')")
BEFORE = ("community_id", "category", "opened_at")
TOLD_BY = ("reporter_id", "urgency", "subcategory", "place_name", "about", "things", "state")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("things", sa.String(), nullable=True))
    _index(*BEFORE, *TOLD_BY)


def downgrade() -> None:
    _index(*BEFORE)
    op.drop_column("tickets", "things")


def _index(*columns: str) -> None:
    op.drop_index("ix_tickets_community_open", "tickets")
    op.create_index(
        "ix_tickets_community_open",
        "tickets",
        list(columns),
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
