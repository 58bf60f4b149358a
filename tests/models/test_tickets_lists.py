"""What somebody has to do is found without reading all that anybody ever had."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.base import Database
from models.tickets import lists

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda session: lists.tasks_of(session, 7), "ix_assignments_active"),
        (lambda session: lists.just_worked_on(session, 7, NOON), "ix_assignments_answered"),
        (lambda session: lists.unrated_by(session, 7), "ix_tickets_unrated"),
    ],
    ids=["in hand", "answered last", "unrated"],
)
def test_what_one_person_has_to_do_is_found_by_an_index(
    database: Database, look: Callable[[Session], Any], index: str
) -> None:
    asked: list[str] = []
    with database.reading() as session:
        event.listen(
            session.get_bind(), "before_cursor_execute", lambda *said: asked.append(said[2])
        )
        look(session)
        explained = f"EXPLAIN QUERY PLAN {asked[0]}"
        plan = session.connection().exec_driver_sql(explained, (0,) * asked[0].count("?"))
        assert any(index in row[3] for row in plan)
