"""Supervisions: a superior's question about tickets, with a day, an answer and talks."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HAS_CLOCK = sa.text("clock_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "supervisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("clock_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL",
            name=op.f("ck_supervisions_answer_has_time"),
        ),
        sa.CheckConstraint(
            "(state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_supervisions_end_has_time"),
        ),
        sa.CheckConstraint(
            "clock_at IS NULL OR state = 'asked'", name=op.f("ck_supervisions_clock_while_asked")
        ),
        _foreign("supervisions", "area_id", "areas"),
        _foreign("supervisions", "supervisor_id", "persons"),
        _foreign("supervisions", "post_id", "posts"),
        _foreign("supervisions", "person_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisions")),
    )
    _indexed("supervisions", "area_id", "supervisor_id", "post_id", "person_id")
    op.create_index(
        "ix_supervisions_clock",
        "supervisions",
        ["clock_at"],
        sqlite_where=HAS_CLOCK,
        postgresql_where=HAS_CLOCK,
    )
    _create_parts()


def _create_parts() -> None:
    op.create_table(
        "supervision_tickets",
        sa.Column("supervision_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        _foreign("supervision_tickets", "supervision_id", "supervisions"),
        _foreign("supervision_tickets", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("supervision_id", "ticket_id", name=op.f("pk_supervision_tickets")),
    )
    _indexed("supervision_tickets", "ticket_id")
    op.create_table(
        "supervision_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("supervision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'talk') = (held_on IS NOT NULL)",
            name=op.f("ck_supervision_entries_talk_has_day"),
        ),
        _foreign("supervision_entries", "supervision_id", "supervisions"),
        _foreign("supervision_entries", "author_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_entries")),
    )
    _indexed("supervision_entries", "supervision_id", "author_id")


def downgrade() -> None:
    for table in ("supervision_entries", "supervision_tickets", "supervisions"):
        op.drop_table(table)


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
