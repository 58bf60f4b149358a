"""Companies and their contracts; rollups begin anew, for buildings have theirs from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACCUSING = sa.text("about IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("name", name=op.f("uq_companies_name")),
    )
    op.create_table(
        "service_contracts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("estate_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "ends_on >= starts_on", name=op.f("ck_service_contracts_contract_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_service_contracts_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["estate_id"], ["areas.id"], name=op.f("fk_service_contracts_estate_id_areas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_contracts")),
    )
    op.create_index(op.f("ix_service_contracts_company_id"), "service_contracts", ["company_id"])
    op.create_index(
        "ix_service_contracts_estate", "service_contracts", ["estate_id", "starts_on"], unique=True
    )
    op.create_index(
        "ix_tickets_accusing",
        "tickets",
        ["about"],
        sqlite_where=ACCUSING,
        postgresql_where=ACCUSING,
    )
    _begin_anew()


def downgrade() -> None:
    op.drop_index("ix_tickets_accusing", "tickets")
    op.drop_table("service_contracts")
    op.drop_table("companies")
    _begin_anew()


def _begin_anew() -> None:
    """Until the clock rolls them up again each ticket is counted by itself, and rightly."""
    op.execute("DELETE FROM metric_days")
    op.execute("UPDATE tickets SET is_rolled_up = false WHERE is_rolled_up")
