"""Whistles: departments called to a ticket, each with a clock and an answer of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SOUNDED = sa.text("state = 'sounded'")
PENDING = sa.text("state IN ('called', 'checked_in')")
COUNTS = sa.text("state NOT IN ('returned', 'cancelled')")


def upgrade() -> None:
    op.create_table(
        "whistles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sounded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'sounded') = (ended_at IS NULL)", name=op.f("ck_whistles_end_has_time")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_whistles_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["persons.id"], name=op.f("fk_whistles_caller_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whistles")),
    )
    op.create_index(op.f("ix_whistles_ticket_id"), "whistles", ["ticket_id"])
    _index("ix_whistles_sounded", "whistles", ["ticket_id"], SOUNDED, unique=True)
    _index("ix_whistles_caller", "whistles", ["caller_id"], SOUNDED, unique=False)
    _create_calls()


def _create_calls() -> None:
    op.create_table(
        "whistle_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("whistle_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_in_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('called', 'checked_in')) = (closed_at IS NULL)",
            name=op.f("ck_whistle_calls_closed_has_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('checked_in', 'answered') OR checked_in_at IS NOT NULL",
            name=op.f("ck_whistle_calls_checked_in_has_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('answered', 'returned') OR note_id IS NOT NULL",
            name=op.f("ck_whistle_calls_answer_has_words"),
        ),
        sa.CheckConstraint(
            "check_in_due_at <= result_due_at",
            name=op.f("ck_whistle_calls_check_in_before_result"),
        ),
        sa.ForeignKeyConstraint(
            ["whistle_id"], ["whistles.id"], name=op.f("fk_whistle_calls_whistle_id_whistles")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_whistle_calls_person_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["note_id"], ["ticket_notes.id"], name=op.f("fk_whistle_calls_note_id_ticket_notes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whistle_calls")),
    )
    op.create_index(op.f("ix_whistle_calls_whistle_id"), "whistle_calls", ["whistle_id"])
    op.create_index(op.f("ix_whistle_calls_note_id"), "whistle_calls", ["note_id"])
    columns = ["whistle_id", "department"]
    _index("ix_whistle_calls_department", "whistle_calls", columns, COUNTS, unique=True)
    _index("ix_whistle_calls_person", "whistle_calls", ["person_id"], PENDING, unique=False)


def _index(
    name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool
) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("whistle_calls")
    op.drop_table("whistles")
