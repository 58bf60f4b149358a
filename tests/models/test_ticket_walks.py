"""Random walks of tickets with their whistles: anybody tries anything, the rules hold."""

from collections.abc import Iterator

import pytest

from models.base import Base, Database
from models.ticket_flow import Action
from tests import factories
from tests.walks.tally import Tally
from tests.walks.walk import walk_on

ACTIONS, ON_POSTGRESQL, SEED = 2500, 150, 20_261


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tally]:
    store = Database(
        f"sqlite:///{tmp_path_factory.mktemp('walks') / 'linli.db'}", synchronous="NORMAL"
    )
    Base.metadata.create_all(store.writer)
    factories.town(store)
    yield walk_on(store, ACTIONS, SEED)
    store.dispose()


def test_can_agrees_with_apply_each_time_and_a_refusal_changes_nothing(walked: Tally) -> None:
    assert walked.disagreements == 0, walked.told
    assert walked.actions >= ACTIONS


def test_no_forbidden_state_is_reached_and_nobody_accused_learns_of_it(walked: Tally) -> None:
    assert walked.forbidden_states == 0, walked.told


def test_the_walks_get_everywhere(walked: Tally) -> None:
    """Or they would prove nothing: each action was done, and each was refused."""
    assert set(Action) <= set(walked.allowed), set(Action) - set(walked.allowed)
    assert set(Action) <= set(walked.refused), set(Action) - set(walked.refused)
    whistles = {"sound", "check_in", "answer", "send_back", "confirm", "break_off", "lapse", "undo"}
    assert {f"whistle_{one}" for one in whistles} <= set(walked.allowed)


def test_it_is_the_same_on_postgresql(postgresql: Database) -> None:
    factories.town(postgresql)
    walked = walk_on(postgresql, ON_POSTGRESQL, SEED)
    assert walked.is_right, walked.told
