"""A note that nobody wrote: what was noticed in a ticket's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ticket_notes") as table:
        table.alter_column("author_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    """They were the reporter's before."""
    op.execute(
        "UPDATE ticket_notes SET author_id = (SELECT reporter_id FROM tickets"
        " WHERE tickets.id = ticket_notes.ticket_id) WHERE author_id IS NULL"
    )
    with op.batch_alter_table("ticket_notes") as table:
        table.alter_column("author_id", existing_type=sa.Integer(), nullable=False)
