"""A few thousand of the proof's hostile requests at the real door: none is taken."""

import random
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.proof.complaints import Complaint
from tests.proof.hostile import Line, is_right
from tests.proof.hostile_pushes import KINDS, Forger, push_of

from .door import Door
from .sender import Mode

REQUESTS = 1000


@pytest.mark.parametrize("mode", ["plain", "secure"])
def test_no_hostile_request_is_taken_and_a_repeated_one_is_told_the_same(
    door: Door, mode: Mode
) -> None:
    chance, sender = random.Random(7), door.sender(mode)
    heard = [Complaint(number) for number in range(3)]
    forger = Forger(sender, chance, door.at, heard, mode)
    kinds = set()
    with closing(Line(urlsplit(door.address).port or 0)) as line:
        for one in heard:
            one.answers.append(sender.said(line.ask(forger.signed(push_of(one)))))  # type: ignore[arg-type]
        for _ in range(REQUESTS):
            attack = forger.attack()
            answer = line.ask(attack.request)
            assert is_right(attack, answer, sender), (attack.kind, answer, attack.request[:2000])
            kinds.add(attack.kind)
        assert sender.said(line.ask(forger.signed(push_of(Complaint(4))))).startswith("第4件")  # type: ignore[arg-type]
    assert kinds == set(KINDS)
    assert len(door.rows()) == len(heard) + 1
