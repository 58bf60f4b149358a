"""One mechanism under every state table: what it refuses, in which order, and in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import load
from models.errors import DomainError, NotAllowed, ReasonMissing, TransitionNotAllowed
from models.hazards.flow import FLOW as HAZARDS
from models.legacy.flow import FLOW as LEGACY
from models.moves import Flow, to
from models.notices.flow import FLOW as NOTICES
from models.operations.flow import FLOW as OPERATIONS
from models.whistles.flow import CALL_FLOW, WHISTLE_FLOW

FLOWS = (HAZARDS, LEGACY, NOTICES, OPERATIONS, CALL_FLOW, WHISTLE_FLOW)
DOOR = Flow(
    "state",
    {
        ("shut", "open"): to("open", "door_opened", "guard", "owner", needs_words=True),
        ("open", "shut"): to("shut", "door_shut", "owner", needs="nobody_within"),
    },
)


@pytest.mark.parametrize(
    ("state", "action", "held", "words", "refusal"),
    [
        ("shut", "shut", {"owner"}, "", TransitionNotAllowed),
        ("shut", "open", {"guest"}, "", NotAllowed),
        ("shut", "open", {"owner"}, " ", ReasonMissing),
        ("open", "shut", {"owner"}, "", TransitionNotAllowed),
        # Who is nothing to it does not even learn where it stands.
        ("shut", "shut", set(), "", NotAllowed),
    ],
)
def test_what_stands_against_a_move_is_said_in_one_order(
    state: str, action: str, held: set[str], words: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        DOOR.take(state, action, held, number="1", words=words, met=lambda _: False)


def test_a_move_is_taken_as_the_first_side_of_its_row() -> None:
    taken = DOOR.take("shut", "open", {"owner", "guard"}, number="1", words="有人敲门")
    assert (taken.old, taken.move.target, taken.side) == ("shut", "open", "guard")
    assert DOOR.can("open", "shut", {"owner"}) and not DOOR.can("open", "shut", {"guard"})


@given(st.data())
def test_a_button_is_there_exactly_where_the_move_would_be_taken(data: st.DataObject) -> None:
    flow = data.draw(st.sampled_from(FLOWS))
    state = data.draw(st.sampled_from(sorted({state for state, _ in flow.moves})))
    action = data.draw(st.sampled_from(sorted({action for _, action in flow.moves})))
    sides = sorted({side for move in flow.moves.values() for side in move.by})
    held = data.draw(st.sets(st.sampled_from(sides)))
    is_met = data.draw(st.booleans())
    try:
        flow.take(state, action, held, number="1", words="原因", met=lambda _: is_met)
        is_taken = True
    except (NotAllowed, TransitionNotAllowed):
        is_taken = False
    assert flow.can(state, action, held, lambda _: is_met) == is_taken


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: str(flow.label))
def test_every_state_and_action_has_words_for_its_refusal(flow: Flow[str, str, str]) -> None:
    labels = load("labels")
    assert {state for state, _ in flow.moves} <= labels[flow.label].keys()
    assert {move.target for move in flow.moves.values()} <= labels[flow.label].keys()
    assert {action for _, action in flow.moves} <= labels["action"].keys()
