"""Conversations as people have them, written by hand: every reply and every ticket is right."""

import pytest

from tests.chat import Town
from tests.scenarios.plays import Play, Script, scripts

SCRIPTS = scripts()


def test_there_are_two_hundred_with_names_of_their_own() -> None:
    assert len(SCRIPTS) >= 200
    assert len({one.name for one in SCRIPTS}) == len(SCRIPTS)
    assert len({tuple(one.lines) for one in SCRIPTS}) == len(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=[one.name for one in SCRIPTS])
def test_a_conversation_goes_as_written(town: Town, script: Script) -> None:
    Play(town).run(script.lines)
