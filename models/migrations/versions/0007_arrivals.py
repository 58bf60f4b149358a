"""Emergencies: when the first was there. Tickets: the level of the post that has them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A ticket kept no level above the estate's unless it had gone up.
LEVELS = {
    "community_staff": "community",
    "subdistrict_staff": "subdistrict",
    "department_liaison": "department",
}


def upgrade() -> None:
    op.add_column("tickets", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    for role, level in LEVELS.items():
        op.execute(
            sa.text(
                "UPDATE tickets SET level = :level WHERE level = 'estate'"
                " AND owner_post_id IN (SELECT id FROM posts WHERE role = :role)"
            ).bindparams(level=level, role=role)
        )


def downgrade() -> None:
    op.drop_column("tickets", "arrived_at")
