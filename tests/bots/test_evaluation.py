"""Measuring, by hand-counted figures and over the open file where it is at hand."""

import json
import os
from pathlib import Path

import pytest

from bots.evaluation import Row, evaluate_in_folds, judge, summary
from bots.fitting import Labelled
from bots.reference import reference_in_folds
from tests.bots.lexicons import shipped

HERE = Path(__file__).parents[2]

OPEN = Path(
    os.environ.get("LINLI_COMPLAINTS")
    or HERE.parent / "shared" / "data" / "complaints" / "open.jsonl"
)


def row(text: str, label: str, label2: str | None = None, *, urgent: bool = False) -> Row:
    return Row(Labelled(text, None, label, label2), urgent, "chat")


def test_the_figures_are_what_one_counts_by_hand() -> None:
    rows = [
        row("路灯不亮", "facility"),
        row("楼道里电瓶车充电", "ebike_charging", urgent=True),
        row("停车费涨了一倍", "property_fee", "parking"),
        row("路灯坏了", "not_estate"),
    ]
    figures = summary([judge(one, shipped()) for one in rows])
    assert (figures["n"], figures["strict"], figures["lenient"]) == (4, 0.5, 0.75)
    assert figures["not_estate_false_rate"] == 1.0
    assert (figures["urgent_recall"], figures["urgent_precision"]) == (1.0, 1.0)
    assert figures["per_label"]["facility"] == {
        "n": 1,
        "precision": 0.5,
        "recall": 1.0,
        "f1": 0.6667,
    }
    assert figures["macro_f1"] == round((0.6667 + 1.0 + 0 + 0) / 4, 4)
    assert figures["by_stratum"] == {"chat": {"n": 4, "strict": 0.5, "lenient": 0.75}}
    assert figures["title_only"] == {"n": 0, "strict": 0.0, "lenient": 0.0}


def test_titles_alone_are_judged_where_they_suffice() -> None:
    outcomes = [
        judge(Row(Labelled("我们反映过很多次了", "电梯困人", "elevator", None, flag)), shipped())
        for flag in (True, False, None)
    ]
    assert summary(outcomes)["title_only"] == {"n": 1, "strict": 1.0, "lenient": 1.0}


def test_each_row_is_judged_once_over_the_folds() -> None:
    rows = [row(f"{n}栋路灯不亮", "facility") for n in range(1, 8)]
    outcomes = evaluate_in_folds(rows, shipped(), 3)
    assert sorted(one.row.labelled.text for one in outcomes) == sorted(
        one.labelled.text for one in rows
    )


@pytest.fixture(scope="module")
def open_rows() -> list[Row]:
    if not OPEN.exists():
        pytest.skip("the labelled complaints are not at hand (LINLI_COMPLAINTS)")
    rows = []
    for line in OPEN.read_text("utf-8").splitlines():
        one = json.loads(line)
        labelled = Labelled(one["text"], one["title"], one["label"], one["label2"], one["title_ok"])
        rows.append(Row(labelled, one["urgent"], one["stratum"]))
    return rows


def test_the_open_file_is_classified_above_its_floor(open_rows: list[Row]) -> None:
    figures = summary([judge(one, shipped()) for one in open_rows])
    assert figures["strict"] >= 0.90 and figures["lenient"] >= 0.95
    assert figures["title_only"]["strict"] >= 0.85
    assert figures["urgent_recall"] >= 0.85 and figures["urgent_precision"] >= 0.60


def test_weights_fitted_on_other_folds_hold_the_floor_and_beat_the_reference(
    open_rows: list[Row],
) -> None:
    figures = summary(evaluate_in_folds(open_rows, shipped(), 10))
    assert figures["strict"] >= 0.80 and figures["lenient"] >= 0.92
    assert figures["macro_f1"] >= 0.76 and figures["not_estate_false_rate"] <= 0.10
    assert figures["title_only"]["strict"] >= 0.72
    assert figures["urgent_recall"] >= 0.85 and figures["urgent_precision"] >= 0.60
    other = reference_in_folds(open_rows, 10)
    assert figures["strict"] > other["strict"] and figures["lenient"] > other["lenient"]
    assert figures["macro_f1"] > other["macro_f1"]
    assert figures["title_only"]["strict"] > other["title_only"]["strict"]


def test_the_reference_learns_from_the_other_folds_alone() -> None:
    rows = [row(f"{n}号楼路灯不亮了", "facility") for n in range(6)]
    rows += [row(f"{n}号楼有狗叫", "pets") for n in range(6)]
    assert reference_in_folds(rows, 3)["strict"] == 1.0
    told_apart_by_nothing = [row("路灯不亮", key) for key in ("facility", "pets") * 3]
    assert reference_in_folds(told_apart_by_nothing, 3)["strict"] <= 0.5


def test_the_reference_knows_one_class_if_it_was_told_of_one() -> None:
    assert reference_in_folds([row(f"{n}栋停水", "water_power_heat") for n in range(4)], 2) == {
        "n": 4,
        "strict": 1.0,
        "lenient": 1.0,
        "macro_f1": 1.0,
        "title_only": {"n": 0, "strict": 0.0, "lenient": 0.0},
    }
