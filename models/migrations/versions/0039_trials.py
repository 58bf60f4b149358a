"""A checked sheet keeps what its rows would do: looking at it again tries nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CHECK = "trial_of_rows"


def upgrade() -> None:
    # What waits was checked by the former code and lives for a day at most: it is brought again.
    op.execute(
        "UPDATE import_sheets SET state = 'dropped', grid = NULL, settled_at = created_at "
        "WHERE state = 'waiting'"
    )
    with op.batch_alter_table("import_sheets") as sheets:
        sheets.add_column(sa.Column("trial", sa.LargeBinary()))
        sheets.create_check_constraint(CHECK, "(grid IS NULL) = (trial IS NULL)")


def downgrade() -> None:
    op.execute(
        "UPDATE import_sheets SET state = 'dropped', grid = NULL, trial = NULL, "
        "settled_at = created_at WHERE state = 'waiting'"
    )
    with op.batch_alter_table("import_sheets") as sheets:
        sheets.drop_constraint(CHECK, type_="check")
        sheets.drop_column("trial")
