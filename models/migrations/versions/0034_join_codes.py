"""Invitations for two ends: an account for the console, and being known in chat."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "invitations", sa.Column("purpose", sa.String(), server_default="console", nullable=False)
    )


def downgrade() -> None:
    op.execute("DELETE FROM invitations WHERE purpose = 'chat'")
    op.drop_column("invitations", "purpose")
