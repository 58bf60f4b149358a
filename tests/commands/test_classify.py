"""`linli classify` and `linli evaluate` as an operator runs them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.commands.classify import classify
from app.commands.evaluate import evaluate

NAMES = {"category", "subcategory", "urgency", "intent", "confidence", "evidence", "place"}


@pytest.fixture(autouse=True)
def data_dir(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.getbasetemp() / "linli-data"
    monkeypatch.setenv("LINLI_DATA_DIR", str(home))


def run(command: Any, *words: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(command, list(words), input=stdin)


def labelled(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_one_text_gives_one_object_under_the_fixed_names() -> None:
    result = run(classify, "3号楼楼道有人拉飞线给电瓶车充电")
    answer = json.loads(result.stdout)
    assert set(answer) == NAMES
    assert (answer["category"], answer["urgency"]) == ("ebike_charging", "urgent")
    assert answer["place"]["building"] == "3"
    assert all(set(one) == {"word", "weight"} for one in answer["evidence"])
    assert result.exit_code == 0


def test_lines_give_the_same_answers_as_single_texts() -> None:
    lines = [{"id": 7, "text": "路灯不亮"}, {"id": "b", "title": "电梯困人", "text": "求处理"}]
    result = run(classify, "--jsonl", stdin="\n".join(map(json.dumps, lines)))
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == {"id": 7, **json.loads(run(classify, "路灯不亮").stdout)}
    assert second == {
        "id": "b",
        **json.loads(run(classify, "求处理", "--title", "电梯困人").stdout),
    }


def test_a_bad_line_is_told_and_the_others_are_answered() -> None:
    lines = [
        '{"id":1,"text":"路灯不亮"}',
        "{",
        "[1]",
        '{"id":4,"text":5}',
        '{"id":5}',
        "",
        '{"id":7,"text":"停水了"}',
    ]
    result = run(classify, "--jsonl", stdin="\n".join(lines).encode() + b'\n{"id":8,"text":"\xff"}')
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 7]
    assert result.exit_code == 1
    for number in (2, 3, 4, 5, 8):
        assert f"line {number}:" in result.stderr
    assert "5 bad line(s)" in result.stderr


@pytest.mark.parametrize("words", [(), ("  ",), ("路灯", "--jsonl")])
def test_nothing_to_read_is_an_error_with_a_clear_message(words: tuple[str, ...]) -> None:
    result = run(classify, *words)
    assert result.exit_code == 2
    assert result.stdout == "" and "TEXT" in result.stderr


def test_evaluate_prints_the_fixed_names(tmp_path: Path) -> None:
    rows = [
        {
            "title": "路灯",
            "text": "路灯不亮",
            "label": "facility",
            "label2": None,
            "urgent": False,
            "stratum": "chat",
            "title_ok": True,
        },
        {"title": None, "text": "飞线充电", "label": "ebike_charging", "urgent": True},
    ]
    result = run(evaluate, str(labelled(tmp_path, *rows)))
    figures = json.loads(result.stdout)
    assert set(figures) == {
        "n",
        "strict",
        "lenient",
        "macro_f1",
        "not_estate_false_rate",
        "urgent_recall",
        "urgent_precision",
        "per_label",
        "by_stratum",
        "title_only",
    }
    assert (figures["n"], figures["strict"], figures["title_only"]["n"]) == (2, 1.0, 1)


def test_folds_need_enough_lines(tmp_path: Path) -> None:
    path = labelled(
        tmp_path, *({"text": f"{n}栋停水了", "label": "water_power_heat"} for n in range(4))
    )
    assert json.loads(run(evaluate, str(path), "--folds", "2").stdout)["n"] == 4
    result = run(evaluate, str(path), "--folds", "9")
    assert result.exit_code == 2 and "9 folds" in result.stderr


def test_the_reference_stands_beside_our_figures_in_the_same_run(tmp_path: Path) -> None:
    rows = [{"text": f"{n}栋停水了", "label": "water_power_heat"} for n in range(4)]
    rows += [{"text": f"{n}栋有狗叫", "label": "pets"} for n in range(4)]
    path = labelled(tmp_path, *rows)
    figures = json.loads(run(evaluate, str(path), "--folds", "4", "--reference").stdout)
    assert set(figures["reference"]) == {"n", "strict", "lenient", "macro_f1", "title_only"}
    assert figures["reference"]["n"] == figures["n"] == 8
    assert run(evaluate, str(path), "--reference").exit_code == 2


def test_a_row_without_a_known_label_is_left_out_and_told(tmp_path: Path) -> None:
    path = labelled(
        tmp_path,
        {"text": "停水了", "label": "water_power_heat"},
        {"text": "停水了", "label": "weather"},
        {"text": "停水了"},
        {"text": "停水了", "label": "pets", "urgent": "yes"},
    )
    result = run(evaluate, str(path))
    assert result.exit_code == 1
    assert json.loads(result.stdout)["n"] == 1
    assert "line 2" in result.stderr and "line 3" in result.stderr and "line 4" in result.stderr


def test_a_file_without_a_usable_line_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n", "utf-8")
    result = run(evaluate, str(tmp_path / "empty.jsonl"))
    assert result.exit_code == 1 and "no usable line" in result.stderr


def test_fitting_writes_a_table_and_leaves_the_shipped_one_alone(tmp_path: Path) -> None:
    path = labelled(tmp_path, *({"text": "路灯不亮", "label": "facility"} for _ in range(3)))
    result = run(evaluate, str(path), "--write-weights", str(tmp_path / "fitted.json"))
    assert json.loads(result.stdout)["n"] == 3
    assert set(json.loads((tmp_path / "fitted.json").read_text("utf-8"))) == {
        "temperature",
        "bias",
        "changes",
    }
