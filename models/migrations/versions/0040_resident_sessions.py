"""Residents who come in by the mini-program or their pages: sessions by hashes of their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "resident_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("door", sa.String(32), nullable=False),
        sa.Column("access_hash", sa.String(), nullable=False),
        sa.Column("refresh_hash", sa.String(), nullable=False),
        sa.Column("former_hash", sa.String(), nullable=True),
        sa.Column("access_until", MOMENT, nullable=False),
        sa.Column("refresh_until", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("renewed_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identities.id"],
            name=op.f("fk_resident_sessions_identity_id_identities"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_sessions")),
        sa.UniqueConstraint("access_hash", name=op.f("uq_resident_sessions_access_hash")),
        sa.UniqueConstraint("refresh_hash", name=op.f("uq_resident_sessions_refresh_hash")),
        sa.UniqueConstraint("former_hash", name=op.f("uq_resident_sessions_former_hash")),
    )
    op.create_index(op.f("ix_resident_sessions_identity_id"), "resident_sessions", ["identity_id"])


def downgrade() -> None:
    op.drop_table("resident_sessions")
