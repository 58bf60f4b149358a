"""Fitting: small changes, and nothing but what the recipe allows."""

import json

from bots.fitting import Labelled, as_text, fit, fit_labelled, samples, unfitted
from bots.lexicon import CLASSES, Weights
from bots.understand import understand
from tests.bots.lexicons import shipped

TEXTS = [
    Labelled("小区充电桩半夜嗡嗡响，吵得睡不着", None, "noise"),
    Labelled("充电桩旁边电瓶被偷了", None, "security"),
    Labelled("物业收停车费不开发票", "停车费", "parking", "property_fee"),
    Labelled("楼道里电瓶车充电", None, "ebike_charging"),
] * 5


def test_fitting_makes_the_labels_likelier() -> None:
    plain = unfitted(shipped())
    odd = [Labelled("物业收停车费不开发票", None, "parking")] * 20
    fitted = plain.with_weights(fit([s for one in odd for s in samples(one, plain)], rounds=40))
    chance = dict(understand(odd[0].text, fitted).alternatives)
    before = dict(understand(odd[0].text, plain).alternatives)
    assert chance["parking"] > before.get("parking", 0.0)


def test_only_words_groups_and_rules_that_were_said_are_changed() -> None:
    weights = fit_labelled(TEXTS, shipped())
    plain = unfitted(shipped())
    said = {feature for one in TEXTS for drawn in samples(one, plain) for feature, _ in drawn.said}
    assert set(weights.changes) <= said
    assert set(weights.bias) == set(CLASSES)


def test_fitting_is_the_same_every_time() -> None:
    assert fit_labelled(TEXTS, shipped()) == fit_labelled(TEXTS, shipped())


def test_the_table_reads_back_as_it_was_written() -> None:
    weights = fit_labelled(TEXTS, shipped())
    table = json.loads(as_text(weights))
    assert Weights(table["bias"], table["changes"], table["temperature"]) == weights


def test_an_empty_table_reads_back_too() -> None:
    assert json.loads(as_text(Weights()))["changes"] == {}


def test_a_title_that_suffices_is_a_sample_of_its_own() -> None:
    plain = unfitted(shipped())
    for suffices, count in ((True, 2), (False, 1), (None, 1)):
        one = Labelled("求处理", "电梯困人", "elevator", None, suffices)
        assert len(samples(one, plain)) == count
