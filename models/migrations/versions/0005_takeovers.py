"""Takeovers: staff who talk to a resident in person."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "takeovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hands_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_takeovers_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["persons.id"], name=op.f("fk_takeovers_resident_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["persons.id"], name=op.f("fk_takeovers_staff_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeovers")),
    )
    op.create_index(op.f("ix_takeovers_ticket_id"), "takeovers", ["ticket_id"])
    for name, column, is_unique in (
        ("ix_takeovers_resident_open", "resident_id", True),
        ("ix_takeovers_due", "hands_back_at", False),
    ):
        op.create_index(
            name,
            "takeovers",
            [column],
            unique=is_unique,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("takeovers")
