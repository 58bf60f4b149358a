"""Open tickets of a class are told apart by the index alone, without reading a row of them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')")
BEFORE = ("community_id", "category", "opened_at")
NOW = (*BEFORE, "reporter_id", "urgency", "subcategory", "place_name", "about", "state")


def upgrade() -> None:
    _index(*NOW)


def downgrade() -> None:
    _index(*BEFORE)


def _index(*columns: str) -> None:
    op.drop_index("ix_tickets_community_open", "tickets")
    op.create_index(
        "ix_tickets_community_open",
        "tickets",
        list(columns),
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
