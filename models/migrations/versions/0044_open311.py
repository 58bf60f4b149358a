"""What outside systems filed by Open311."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "open311_filings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["system_id"],
            ["outside_systems.id"],
            name=op.f("fk_open311_filings_system_id_outside_systems"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_open311_filings_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_filings")),
        sa.UniqueConstraint("token", name=op.f("uq_open311_filings_token")),
    )
    op.create_index(op.f("ix_open311_filings_ticket_id"), "open311_filings", ["ticket_id"])
    op.create_index("ix_open311_filings_repeated", "open311_filings", ["system_id", "fingerprint"])


def downgrade() -> None:
    op.drop_table("open311_filings")
