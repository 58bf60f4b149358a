"""The directory, and the questions it had no answer to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "directory_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("hours", sa.String(), nullable=True),
        sa.Column("price", sa.String(), nullable=True),
        sa.Column("ports", sa.Integer(), nullable=True),
        sa.Column("is_public_mobile", sa.Boolean(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(version = 1) = (first_id IS NULL)", name=op.f("ck_directory_entries_first_or_later")
        ),
        sa.CheckConstraint("ports >= 0", name=op.f("ck_directory_entries_ports_counted")),
        sa.CheckConstraint(
            "until_on >= since_on", name=op.f("ck_directory_entries_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_directory_entries_area_id_areas")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["persons.id"], name=op.f("fk_directory_entries_author_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["directory_entries.id"],
            name=op.f("fk_directory_entries_first_id_directory_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_directory_entries_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_entries")),
        sa.UniqueConstraint(
            "first_id", "version", name=op.f("uq_directory_entries_first_id_version")
        ),
    )
    op.create_index(
        "ix_directory_entries_current",
        "directory_entries",
        ["area_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "questions_unanswered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "entry_id IS NULL OR answered_at IS NOT NULL",
            name=op.f("ck_questions_unanswered_entry_is_an_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["directory_entries.id"],
            name=op.f("fk_questions_unanswered_entry_id_directory_entries"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_questions_unanswered_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions_unanswered")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_questions_unanswered_ticket_id")),
    )
    op.create_index(
        "ix_questions_unanswered_open",
        "questions_unanswered",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_questions_unanswered_open", table_name="questions_unanswered")
    op.drop_table("questions_unanswered")
    op.drop_index("ix_directory_entries_current", table_name="directory_entries")
    op.drop_table("directory_entries")
