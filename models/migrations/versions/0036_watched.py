"""What an operator watches is counted through an index: calls of the last minutes, failed tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_outbox_begun": ("outbox", "begun_at", sa.text("begun_at IS NOT NULL")),
    "ix_tasks_failed": ("tasks", "id", sa.text("state = 'failed'")),
}


def upgrade() -> None:
    for name, (table, column, condition) in INDEXES.items():
        op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
