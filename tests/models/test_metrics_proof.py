"""The proof of the figures in small, and that it would see what is wrong."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.base import Database
from models.metrics.table import KEPT, MetricDay, Slice
from models.tickets.table import Ticket
from tests.factories import MORNING, building, ticket, town
from tests.proof import figures


def test_the_figures_of_copied_lives_are_those_of_their_logs() -> None:
    found = figures.prove(60, 2026)
    assert (found["tickets"], found["walked"], found["differ"]) == (60, 60, 0)


def test_the_proof_sees_a_row_that_its_log_does_not_know(database: Database) -> None:
    town(database, MORNING)
    with database.writing() as session:
        for _ in range(3):
            ticket(session, building(session))
        session.flush()
        assert wrong(session) == 0
        session.execute(update(Ticket).where(Ticket.id == 2).values(returns=1))
        assert wrong(session) > 0
        session.execute(update(Ticket).where(Ticket.id == 2).values(returns=0))
        assert wrong(session) == 0
        row = {"area_id": 1, "slice": Slice.TOTAL, "day": MORNING.date(), "key": ""}
        session.add(MetricDay(**{**dict.fromkeys(KEPT, 0), **row, "opened": 1}))
        session.flush()
        assert wrong(session) > 0


def wrong(session: Session) -> int:
    return sum(1 for _ in figures.wrong_numbers(session, 3))
