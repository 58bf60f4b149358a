"""Rules over concepts."""

from typing import NamedTuple

import pytest

from bots.patterns import LexiconBroken, RuleBook, parse_rule

BITS = {"ebike": 1, "charge": 2, "corridor": 4}


class At(NamedTuple):
    start: int
    end: int


def book(line: str) -> RuleBook:
    return RuleBook([parse_rule(line)], BITS)


def said(**spans: tuple[int, int]) -> tuple[int, dict[str, list[At]]]:
    found = {name: [At(*at)] for name, at in spans.items()}
    return sum(BITS[name] for name in spans), found


def test_a_rule_line_is_read_with_all_its_parts() -> None:
    rule = parse_rule("ebike charge !corridor ~12 -> ebike_charging.other 4.5")
    assert rule.needs == ("ebike", "charge")
    assert rule.unless == ("corridor",)
    assert (rule.reach, rule.head, rule.weight) == (12, "ebike_charging.other", 4.5)


@pytest.mark.parametrize(
    "line", ["ebike charge", "ebike -> x 3", "ebike charge -> x", "-> x 3", ""]
)
def test_a_line_that_is_no_rule_is_refused(line: str) -> None:
    with pytest.raises(LexiconBroken):
        parse_rule(line)


def test_a_rule_naming_no_concept_is_refused() -> None:
    with pytest.raises(LexiconBroken, match="plane"):
        book("ebike plane -> x 3")


def test_words_within_reach_fulfil_a_rule_in_either_order() -> None:
    rules = book("ebike charge ~5 -> x 3")
    assert list(rules.matches(*said(ebike=(0, 3), charge=(8, 10))))
    assert list(rules.matches(*said(ebike=(8, 11), charge=(1, 3))))


def test_words_out_of_reach_do_not() -> None:
    rules = book("ebike charge ~5 -> x 3")
    assert not list(rules.matches(*said(ebike=(0, 3), charge=(9, 11))))
    assert not list(rules.matches(*said(ebike=(0, 3))))


def test_an_exception_near_by_stops_a_rule() -> None:
    rules = book("ebike charge !corridor ~5 -> x 3")
    assert not list(rules.matches(*said(ebike=(0, 3), charge=(4, 6), corridor=(7, 9))))
    assert list(rules.matches(*said(ebike=(0, 3), charge=(4, 6), corridor=(30, 32))))
