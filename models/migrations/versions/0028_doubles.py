"""Somebody on the roll and somebody who writes: pairs that may be one, with the answer."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WHOLE = (
    "(answered_at IS NULL) = (answered_by IS NULL) AND (answered_at IS NULL) = (is_same IS NULL)"
)


def upgrade() -> None:
    op.create_table(
        "doubles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entered_id", sa.Integer(), nullable=False),
        sa.Column("writing_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("is_same", sa.Boolean(), nullable=True),
        _person("entered_id"),
        _person("writing_id"),
        _person("answered_by"),
        sa.CheckConstraint(WHOLE, name=op.f("ck_doubles_answer_is_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doubles")),
        sa.UniqueConstraint(
            "entered_id", "writing_id", name=op.f("uq_doubles_entered_id_writing_id")
        ),
    )
    op.create_index(op.f("ix_doubles_writing_id"), "doubles", ["writing_id"])


def downgrade() -> None:
    op.drop_table("doubles")


def _person(column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_doubles_{column}_persons")
    return sa.ForeignKeyConstraint([column], ["persons.id"], name=name)
