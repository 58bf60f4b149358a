"""Orders of the 12345 hotline with the tickets that carry them, and the files that bring them."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "hotline_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("grid", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("refused", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (grid IS NOT NULL)",
            name=op.f("ck_hotline_batches_rows_while_waiting"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["persons.id"], name=op.f("fk_hotline_batches_maker_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotline_batches")),
    )
    op.create_index(op.f("ix_hotline_batches_maker_id"), "hotline_batches", ["maker_id"])
    op.create_table(
        "hotline_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.LargeBinary()) for name in ("title", "words", "place", "others")),
        sa.Column("hides_caller", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("called_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("clock_at", MOMENT, nullable=True),
        sa.Column("urges", sa.Integer(), server_default="0", nullable=False),
        sa.Column("brought_at", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("returned_at", MOMENT, nullable=True),
        sa.Column("return_reason", sa.LargeBinary(), nullable=True),
        sa.Column("handed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "joined_at IS NOT NULL OR note_id IS NULL",
            name=op.f("ck_hotline_orders_note_of_joined"),
        ),
        sa.CheckConstraint(
            "(returned_at IS NULL) = (return_reason IS NULL)",
            name=op.f("ck_hotline_orders_return_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["persons.id"], name=op.f("fk_hotline_orders_caller_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["note_id"], ["ticket_notes.id"], name=op.f("fk_hotline_orders_note_id_ticket_notes")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_hotline_orders_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotline_orders")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_hotline_orders_source_number")),
    )
    for column in ("ticket_id", "caller_id"):
        op.create_index(op.f(f"ix_hotline_orders_{column}"), "hotline_orders", [column])
    op.create_index(
        "ix_hotline_orders_clock",
        "hotline_orders",
        ["clock_at"],
        sqlite_where=sa.text("clock_at IS NOT NULL"),
        postgresql_where=sa.text("clock_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("hotline_orders")
    op.drop_table("hotline_batches")
