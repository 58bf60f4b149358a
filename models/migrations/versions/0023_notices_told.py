"""How many persons a notice was brought to."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("told", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE notices SET told = (SELECT count(*) FROM outbox"
        " WHERE outbox.unique_key LIKE 'notice:' || notices.id || ':%')"
        " WHERE published_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("notices", "told")
