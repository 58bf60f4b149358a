"""Systems that are not ours, and the keys by which they are known."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outside_systems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("powers", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_outside_systems_per_minute")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_outside_systems_area_id_areas")
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["persons.id"], name=op.f("fk_outside_systems_added_by_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_systems")),
    )
    op.create_index(op.f("ix_outside_systems_area_id"), "outside_systems", ["area_id"])
    op.create_table(
        "outside_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("last_letters", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["system_id"],
            ["outside_systems.id"],
            name=op.f("fk_outside_keys_system_id_outside_systems"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_outside_keys_key_hash")),
    )
    op.create_index(op.f("ix_outside_keys_system_id"), "outside_keys", ["system_id"])


def downgrade() -> None:
    op.drop_table("outside_keys")
    op.drop_table("outside_systems")
