"""The hazard ledger, the rounds of patrols, and the daily matching with their grid."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAITING = sa.text("state IN ('found', 'passed_up')")
FOUND = sa.text("state = 'found'")
MOVED = sa.text("moved_by IS NOT NULL")
OF_ROUND = sa.text("round_id IS NOT NULL")
UNDER_WAY = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _rounds()
    _hazards()
    _matchings()


def _rounds() -> None:
    op.create_table(
        "check_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scene", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_check_points_area_id_areas")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_points")),
        sa.UniqueConstraint("scene", name=op.f("uq_check_points_scene")),
    )
    op.create_index(op.f("ix_check_points_area_id"), "check_points", ["area_id"], unique=False)
    op.create_table(
        "rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_rounds_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_rounds_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    op.create_index("ix_rounds_area", "rounds", ["area_id", "started_at"], unique=False)
    op.create_index(
        "ix_rounds_under_way",
        "rounds",
        ["person_id"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "round_points",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("check_point_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_point_id"],
            ["check_points.id"],
            name=op.f("fk_round_points_check_point_id_check_points"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_round_points_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "check_point_id", name=op.f("pk_round_points")),
    )
    op.create_index(
        op.f("ix_round_points_check_point_id"), "round_points", ["check_point_id"], unique=False
    )


def _hazards() -> None:
    op.create_table(
        "hazards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("finder_id", sa.Integer(), nullable=False),
        sa.Column("found_by", sa.String(32), nullable=False),
        sa.Column("entry", sa.String(32), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("subcategory", sa.String(), nullable=True),
        sa.Column("urgency", sa.String(32), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("about", sa.String(32), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("place_name", sa.String(), nullable=True),
        sa.Column("spot", sa.String(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("check_point_id", sa.Integer(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'found') = (clock_at IS NOT NULL)", name=op.f("ck_hazards_found_has_clock")
        ),
        sa.CheckConstraint(
            "state <> 'found' OR ticket_id IS NULL", name=op.f("ck_hazards_found_has_no_ticket")
        ),
        sa.CheckConstraint(
            "state IN ('found', 'solved_on_the_spot', 'struck', 'taken_back') OR ticket_id IS NOT NULL",
            name=op.f("ck_hazards_passed_up_has_ticket"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_hazards_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["check_point_id"],
            ["check_points.id"],
            name=op.f("fk_hazards_check_point_id_check_points"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["areas.id"], name=op.f("fk_hazards_community_id_areas")
        ),
        sa.ForeignKeyConstraint(
            ["finder_id"], ["persons.id"], name=op.f("fk_hazards_finder_id_persons")
        ),
        sa.ForeignKeyConstraint(
            ["moved_by"], ["persons.id"], name=op.f("fk_hazards_moved_by_persons")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_hazards_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_hazards_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazards")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_hazards_ticket_id")),
    )
    op.create_index(
        "ix_hazards_area",
        "hazards",
        ["area_id"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_hazards_clock",
        "hazards",
        ["clock_at"],
        unique=False,
        sqlite_where=FOUND,
        postgresql_where=FOUND,
    )
    op.create_index("ix_hazards_finder", "hazards", ["finder_id", "found_at"], unique=False)
    op.create_index("ix_hazards_found", "hazards", ["community_id", "found_at"], unique=False)
    op.create_index(
        "ix_hazards_moved",
        "hazards",
        ["moved_by", "moved_at"],
        unique=False,
        sqlite_where=MOVED,
        postgresql_where=MOVED,
    )
    op.create_index(
        "ix_hazards_round",
        "hazards",
        ["round_id"],
        unique=False,
        sqlite_where=OF_ROUND,
        postgresql_where=OF_ROUND,
    )
    op.create_table(
        "hazard_photos",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("hazard_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hazard_id"], ["hazards.id"], name=op.f("fk_hazard_photos_hazard_id_hazards")
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["media.id"],
            name=op.f("fk_hazard_photos_photo_id_media"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_hazard_photos")),
    )
    op.create_index(
        op.f("ix_hazard_photos_hazard_id"), "hazard_photos", ["hazard_id"], unique=False
    )


def _matchings() -> None:
    op.create_table(
        "matchings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=False),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_matchings_grid_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matchings")),
        sa.UniqueConstraint(
            "job", "due_at", "grid_id", name=op.f("uq_matchings_job_due_at_grid_id")
        ),
    )
    op.create_table(
        "matching_persons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matching_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("answer", sa.String(32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)",
            name=op.f("ck_matching_persons_answer_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["matching_id"],
            ["matchings.id"],
            name=op.f("fk_matching_persons_matching_id_matchings"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_matching_persons_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_persons")),
        sa.UniqueConstraint(
            "matching_id", "person_id", name=op.f("uq_matching_persons_matching_id_person_id")
        ),
    )
    op.create_index(
        op.f("ix_matching_persons_person_id"), "matching_persons", ["person_id"], unique=False
    )


def downgrade() -> None:
    for table in (
        *("matching_persons", "matchings", "hazard_photos", "hazards", "round_points", "rounds"),
        "check_points",
    ):
        op.drop_table(table)
