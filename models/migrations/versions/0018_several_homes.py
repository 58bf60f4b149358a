"""Several homes of one person; one of them is the usual."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CURRENT = "state IN ('claimed', 'verified')"
USUAL, BESIDE = f"{CURRENT} AND is_usual", f"{CURRENT} AND NOT is_usual"


def upgrade() -> None:
    op.add_column("homes", sa.Column("is_usual", sa.Boolean(), nullable=False, server_default="1"))
    op.add_column("homes", sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_homes_current", "homes")
    _index("ix_homes_usual", USUAL, unique=True)
    _index("ix_homes_beside", BESIDE, unique=False)


def downgrade() -> None:
    op.drop_index("ix_homes_beside", "homes")
    op.drop_index("ix_homes_usual", "homes")
    # The house before knew one home a person.
    op.execute(f"UPDATE homes SET state = 'left', asked_id = NULL WHERE {BESIDE}")
    op.drop_column("homes", "chosen_at")
    op.drop_column("homes", "is_usual")
    _index("ix_homes_current", CURRENT, unique=True)


def _index(name: str, where: str, *, unique: bool) -> None:
    op.create_index(
        name,
        "homes",
        ["person_id"],
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
