"""One's own last steps: taken back one after another, unless one that stays came after."""

from datetime import date, timedelta

import pytest

from models.base import Database
from models.errors import TooLate
from models.legacy import going, lists, opening, undoing
from models.milestones import MilestoneState
from models.stepping import recalled
from tests.factories import MORNING, demo_person, town
from tests.models.test_legacy import under_way


def test_steps_are_taken_back_one_after_another_until_one_that_stays(database: Database) -> None:
    town(database)
    with database.writing() as session:
        problem, first = under_way(session)
        by = problem.opened_by
        second = opening.schedule(session, problem, "进场", date(2026, 4, 1), by=by, at=MORNING)
        for milestone in (first, second):
            going.reach(session, milestone, "", by=by, at=MORNING)
        last = undoing.undoable(session, by, MORNING)
        assert last is not None and last.detail["milestone"] == second.id
        undoing.undo(session, last, by=by, at=MORNING)
        assert [one.state for one in lists.milestones(session, problem)] == [
            MilestoneState.REACHED,
            MilestoneState.WAITING,
        ]
        with pytest.raises(TooLate):
            undoing.undo(session, last, by=by, at=MORNING)
        before = undoing.undoable(session, by, MORNING)
        assert before is not None and before.detail["milestone"] == first.id
        assert undoing.undoable(session, by, MORNING + timedelta(minutes=11)) is None
        colleague = demo_person(session, "community_staff", 2)
        assert undoing.undoable(session, colleague, MORNING) is None, "it is none of theirs"
        undoing.undo(session, before, by=by, at=MORNING)
        assert undoing.undoable(session, by, MORNING) is None, "a day that was set stays set"


def test_a_step_behind_another_is_not_taken_back(database: Database) -> None:
    town(database)
    with database.writing() as session:
        problem, milestone = under_way(session)
        by = problem.opened_by
        going.reach(session, milestone, "", by=by, at=MORNING)
        going.note(session, problem, "已进场", by=by, at=MORNING)
        assert undoing.undoable(session, by, MORNING) is None
        assert recalled(session) == []
