"""Messages: when the call of the last try was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True))
    # Whatever is under way while the house is brought up to date may have been called for.
    op.execute("UPDATE outbox SET begun_at = tried_at WHERE state = 'sending'")


def downgrade() -> None:
    op.drop_column("outbox", "begun_at")
