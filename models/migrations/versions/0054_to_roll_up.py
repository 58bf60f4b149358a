"""Tickets that are to be rolled up are found by an equation: SQLite read all that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_tickets_to_roll_up", "tickets"
CLOSED = "state NOT IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')"
BEFORE = sa.text(f"NOT is_rolled_up AND {CLOSED}")
NOW = sa.text(f"is_rolled_up = false AND {CLOSED}")


def upgrade() -> None:
    op.drop_index(NAME, TABLE)
    columns = ["is_rolled_up", "id"]
    op.create_index(NAME, TABLE, columns, sqlite_where=NOW, postgresql_where=NOW)


def downgrade() -> None:
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, ["id"], sqlite_where=BEFORE, postgresql_where=BEFORE)
