"""The tables behind open questions fit together."""

from bots import dialogue, pending, registry
from config.policy import load


def test_every_question_that_is_asked_has_a_handler() -> None:
    dialogue.load_all()
    named = (
        pending.RATED_IN_WORDS
        | pending.TRUE_IN_WORDS
        | pending.CONSENTED_IN_WORDS
        | pending.PROMISED_IN_WORDS
    )
    assert named <= set(registry.QUESTIONS) | set(pending.ANSWERERS)
    assert set(registry.QUESTIONS) >= registry.FOR_WORDS


def test_every_command_and_menu_key_has_a_handler() -> None:
    commands = set(load("commands"))
    assert commands == set(registry.COMMANDS)
    keys = {entry["key"] for button in load("menu")["button"] for entry in button["sub"]}
    assert keys <= commands
