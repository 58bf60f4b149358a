"""What staff have in hand is found without reading all that anybody ever had."""

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
    ],
    ids=["in hand", "answered last"],
)
def test_the_tasks_of_one_person_are_found_by_an_index(
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
