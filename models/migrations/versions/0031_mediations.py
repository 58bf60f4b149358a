"""Mediations, confidential; and who looked at one."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HAS_CLOCK = sa.text("clock_at IS NOT NULL")
OLD = "(what = 'list') = (subject_id IS NULL)"
NEW = "(what IN ('list', 'mediation')) = (subject_id IS NULL)"
NAME = "ck_access_log_person_or_list"
FOREIGN = "fk_access_log_mediation_id_mediations"


def upgrade() -> None:
    op.create_table(
        "mediations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("mediator_id", sa.Integer(), nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("matter", sa.LargeBinary(), nullable=True),
        sa.Column("agreement", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_mediations_end_is_whole")
        ),
        _foreign("mediations", "area_id", "areas"),
        _foreign("mediations", "mediator_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediations")),
    )
    _indexed("mediations", "area_id", "mediator_id")
    op.create_table(
        "mediation_parties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mediation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.String(), nullable=True),
        _foreign("mediation_parties", "mediation_id", "mediations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_parties")),
    )
    _indexed("mediation_parties", "mediation_id", "phone_hash")
    op.create_table(
        "mediation_follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mediation_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("clock_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "clock_at IS NULL OR done_at IS NULL",
            name=op.f("ck_mediation_follow_ups_clock_while_waiting"),
        ),
        _foreign("mediation_follow_ups", "mediation_id", "mediations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_follow_ups")),
    )
    _indexed("mediation_follow_ups", "mediation_id")
    op.create_index(
        "ix_mediation_follow_ups_clock",
        "mediation_follow_ups",
        ["clock_at"],
        sqlite_where=HAS_CLOCK,
        postgresql_where=HAS_CLOCK,
    )
    _log_looks()


def _log_looks() -> None:
    with op.batch_alter_table("access_log") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.add_column(sa.Column("mediation_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f(FOREIGN), "mediations", ["mediation_id"], ["id"])
        batch.create_check_constraint(op.f(NAME), NEW)
        batch.create_check_constraint(
            op.f("ck_access_log_mediation"),
            "(what = 'mediation') = (mediation_id IS NOT NULL)",
        )


def downgrade() -> None:
    op.execute("DELETE FROM access_log WHERE what = 'mediation'")
    with op.batch_alter_table("access_log") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.drop_constraint(op.f("ck_access_log_mediation"), type_="check")
        batch.drop_constraint(op.f(FOREIGN), type_="foreignkey")
        batch.drop_column("mediation_id")
        batch.create_check_constraint(op.f(NAME), OLD)
    for table in ("mediation_follow_ups", "mediation_parties", "mediations"):
        op.drop_table(table)


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
