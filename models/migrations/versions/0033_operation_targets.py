"""What a joint operation looks at, beside its name."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operations", sa.Column("targets", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("operations", "targets")
