"""Policies of one area, and calendars kept in memory until one of them changes."""

import sqlalchemy as sa
from alembic import op

from models.reference import rewatching

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HOUSE, AREA = sa.text("area_id IS NULL"), sa.text("area_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("policies") as batch:
        batch.add_column(sa.Column("area_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_policies_area_id_areas"), "areas", ["area_id"], ["id"])
        batch.drop_constraint(op.f("uq_policies_name_version"), type_="unique")
    op.create_index(
        "ix_policies_house",
        "policies",
        ["name", "version"],
        unique=True,
        sqlite_where=HOUSE,
        postgresql_where=HOUSE,
    )
    op.create_index(
        "ix_policies_area",
        "policies",
        ["area_id", "name", "version"],
        unique=True,
        sqlite_where=AREA,
        postgresql_where=AREA,
    )
    _watch()


def downgrade() -> None:
    op.drop_index("ix_policies_area", "policies")
    op.drop_index("ix_policies_house", "policies")
    op.execute("DELETE FROM policies WHERE area_id IS NOT NULL")
    with op.batch_alter_table("policies") as batch:
        batch.drop_constraint(op.f("fk_policies_area_id_areas"), type_="foreignkey")
        batch.drop_column("area_id")
        batch.create_unique_constraint(op.f("uq_policies_name_version"), ["name", "version"])
    _watch()  # 0006 takes the triggers of every watched table away


def _watch() -> None:
    dialect = op.get_bind().dialect.name
    for statement in rewatching(dialect, "policies"):
        op.get_bind().exec_driver_sql(statement)
