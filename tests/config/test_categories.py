"""The taxonomy others build on."""

import copy

import pytest

from config.categories import (
    CATEGORIES,
    LAST_RESORT,
    LEVEL_ONE,
    TaxonomyBroken,
    categories,
    category,
    label_of,
    read_categories,
)
from config.policy import load


def test_the_twenty_keys_are_all_there() -> None:
    assert set(CATEGORIES) == set(LEVEL_ONE)
    assert len(categories()) == 20


def test_every_category_has_children_and_one_of_last_resort() -> None:
    for one in categories():
        keys = [child.key for child in one.children]
        assert LAST_RESORT in keys
        assert len(keys) == len(set(keys)) >= 3


def test_a_label_is_what_people_read() -> None:
    assert label_of("parking") == "停车"
    assert label_of("ebike_charging", "flying_wire_charging") == "电动车充电·飞线充电"


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(KeyError):
        category("weather")
    with pytest.raises(KeyError, match="weather"):
        label_of("parking", "weather")


def broken(change: str) -> dict[str, object]:
    table = copy.deepcopy(load("categories"))
    match change:
        case "missing":
            del table["pets"]
        case "unknown":
            table["weather"] = table["pets"]
        case "label":
            table["pets"]["label"] = " "
        case "resort":
            del table["pets"]["children"][LAST_RESORT]
        case "twins":
            table["pets"]["children"]["bite"] = table["pets"]["children"]["stray"]
        case "shape":
            table["pets"] = "宠物"
    return table


@pytest.mark.parametrize("change", ["missing", "unknown", "label", "resort", "twins", "shape"])
def test_a_broken_table_is_refused_with_the_reason(change: str) -> None:
    with pytest.raises(TaxonomyBroken, match="pets|weather"):
        read_categories(broken(change))
