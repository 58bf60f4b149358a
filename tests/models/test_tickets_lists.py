"""What is to be done is found without reading all that was ever done."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models.base import Database
from models.tickets import lists
from models.tickets.table import IS_TO_ROLL_UP, Ticket

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TO_ROLL_UP = select(Ticket.opened_at).where(IS_TO_ROLL_UP)


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda session: lists.tasks_of(session, 7), "ix_assignments_active"),
        (lambda session: lists.just_worked_on(session, 7, NOON), "ix_assignments_answered"),
        (lambda session: lists.unrated_by(session, 7), "ix_tickets_unrated"),
        (lambda session: session.execute(TO_ROLL_UP), "ix_tickets_to_roll_up (is_rolled_up=?)"),
    ],
    ids=["in hand", "answered last", "unrated", "to roll up"],
)
def test_what_is_to_be_done_is_found_by_an_index(
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
