"""What staff made of texts that met no answer; such texts are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_UNSURE = sa.text("kind IN ('class_choice', 'directory_unsure')")


def upgrade() -> None:
    op.create_index(
        "ix_questions_unsure",
        "questions",
        ["kind", "opened_at"],
        sqlite_where=IS_UNSURE,
        postgresql_where=IS_UNSURE,
    )
    op.create_table(
        "unanswered_settlements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("word", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(way = 'answered') = (entry_id IS NOT NULL)",
            name=op.f("ck_unanswered_settlements_answer_has_entry"),
        ),
        sa.CheckConstraint(
            "(way = 'taught') = (word IS NOT NULL)",
            name=op.f("ck_unanswered_settlements_teaching_has_word"),
        ),
        sa.CheckConstraint(
            "(word IS NULL) = (label IS NULL)",
            name=op.f("ck_unanswered_settlements_word_has_class"),
        ),
        sa.CheckConstraint(
            "(way = 'dismissed') = (reason IS NOT NULL)",
            name=op.f("ck_unanswered_settlements_dismissal_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["persons.id"], name=op.f("fk_unanswered_settlements_by_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["directory_entries.id"],
            name=op.f("fk_unanswered_settlements_entry_id_directory_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_settlements")),
    )
    op.create_table(
        "unanswered_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(ticket_id IS NULL) != (question_id IS NULL)",
            name=op.f("ck_unanswered_texts_one_source"),
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"],
            ["unanswered_settlements.id"],
            name=op.f("fk_unanswered_texts_settlement_id_unanswered_settlements"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_unanswered_texts_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_unanswered_texts_question_id_questions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered_texts")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_unanswered_texts_ticket_id")),
        sa.UniqueConstraint("question_id", name=op.f("uq_unanswered_texts_question_id")),
    )
    op.create_index(
        op.f("ix_unanswered_texts_settlement_id"), "unanswered_texts", ["settlement_id"]
    )


def downgrade() -> None:
    op.drop_table("unanswered_texts")
    op.drop_table("unanswered_settlements")
    op.drop_index("ix_questions_unsure", table_name="questions")
