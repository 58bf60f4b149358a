"""Every sentence the product says: used, complete, short enough, well set."""

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

from bots import rendering
from bots.rendering import HERE, day, moment, render, short
from config.policy import load

NAMES = sorted(
    path.relative_to(HERE).with_suffix("").as_posix()
    for path in HERE.rglob("*.txt")
    if not path.name.startswith("_")
)
# How the ledger may hold what templates name; anything else is filled with a short text.
AT = "2026-03-03T01:30:00+00:00"
TIMES = ("_due", "until", "_at", "_on", "at", "published", "window_ends", "publish_at")
LONG = "楼道里堆了很多纸箱和旧家具，走不过去，味道也大，希望尽快清理干净。" * 8
SETTLED: dict[str, Any] = {
    "category": "ebike_charging",
    "subcategory": "flying_wire_charging",
    "urgency": "urgent",
    "state": "dispatched",
    "level": "community",
    "alerted": ["property_staff", "community_staff"],
    "outcome": "fixed",
    "owner_role": "grid_worker",
    "owner_name": "幸福第一网格网格员",
    "owner_department": None,
    "emergency": None,
    "about": None,
    "part": "owner",
    "capacity": "owner",
    "question": None,
    "action": "send_back",
    "command": "urge",
    "place": "幸福里小区3号楼",
    "spot": "楼道",
    "result": "已拆除飞线",
    "households": 3,
    "report": 15,
    "into": 12,
    "main": None,
    "legacy": {
        "title": "3号楼渗漏治理",
        "link": "https://linli.example/p/legacy/abcdefghjk",
        "milestones": [
            {
                "due": AT,
                "first_due": AT,
                "milestone": "完成勘察",
                "milestone_state": "waiting",
            }
        ]
        * 3,
    },
    "twin": {
        "ticket_id": 12,
        "category": "elevator",
        "subcategory": "fault",
        "place": "幸福里小区3号楼",
        "spot": "电梯间",
        "at": AT,
        "words": ["电梯坏了", "关不上门"],
        "households": 3,
    },
    "digit": 1,
    "departments": ["fire", "city_management", "market_regulation"],
    "results": [{"department": "fire", "text": "已拆除飞线3处"}] * 3,
    "returns": 1,
    "department": None,
    "role": "grid_worker",
}
ROOT = Path(__file__).parents[2]
BY_NAME = {"wechat_text"}  # whatever staff write is queued under it


def sources() -> str:
    """Everything that may name a template."""
    folders = (ROOT / name for name in ("bots", "models", "jobs", "app"))
    code = [path.read_text() for folder in folders for path in folder.rglob("*.py")]
    templates = [path.read_text().replace(".txt", "") for path in HERE.rglob("*.txt")]
    return "\n".join([*code, *templates, (ROOT / "config/notifications.toml").read_text()])


def test_every_template_file_is_used() -> None:
    said = sources()
    unused = [
        name
        for name in NAMES
        if not name.startswith("refused/") and name not in BY_NAME and f'"{name}"' not in said
    ]
    assert unused == []


def test_every_template_that_is_said_exists() -> None:
    said = sources()
    found = set(re.findall(r'chat\.say\(\s*"([a-z_]+)"', said))
    found |= set(re.findall(r'chat\.ask\(\s*"[a-z_]+",\s*"([a-z_]+)"', said))
    for table in load("notifications").values():
        found |= set(table.values())
    assert found and found <= set(NAMES)


def test_every_refusal_of_the_domain_has_its_words() -> None:
    declared = set(re.findall(r'template = "([a-z_]+)"', (ROOT / "models/errors.py").read_text()))
    assert {f"refused/{name}" for name in declared} == {
        name for name in NAMES if name.startswith("refused/")
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("task_", "ticket_"))])
@pytest.mark.parametrize("words", ["短", LONG])
def test_messages_about_tickets_fit_into_a_chat(name: str, words: str) -> None:
    for variant in variants():
        text = render(name, context_for(name, words) | variant)
        assert len(text) <= 600 and len(text.encode()) <= 2048, name
        assert_well_set(text)


def variants() -> list[dict[str, Any]]:
    return [
        {"state": state, "part": part, "question": question, "urgency": urgency}
        for (state, question), part, urgency in product(
            [
                *[("dispatched", "take"), ("accepted", "finish"), ("resolved", None)],
                *[("dispatched", "split"), ("dispatched", "same")],
            ],
            ["owner", "helper", "alerted", None],
            ["normal", "emergency"],
        )
    ]


def context_for(name: str, words: str) -> dict[str, Any]:
    """A plausible value for each name that the template and its parts use."""
    environment = rendering.shipped()
    source, _, _ = environment.loader.get_source(environment, f"{name}.txt")  # type: ignore
    found = {one: value_of(one, words) for one in names_in(environment, source)} | SETTLED
    return found | ({"choices": ["noise"]} if name == "ticket_received" else {})


def names_in(environment: Environment, source: str) -> set[str]:
    tree = environment.parse(source)
    return {one.name for one in tree.find_all(nodes.Name)} - environment.globals.keys()


def value_of(name: str, words: str) -> Any:
    if name.endswith(TIMES):
        return AT
    if name.startswith(("is_", "has_", "asks_", "can_")):
        return True
    line = SETTLED | {"ticket_id": 12, "text": words, "name": "居民", "phone": None}
    lists = {
        "tickets": [line] * 9,
        "choices": [line] * 9,
        "steps": [{"verb": "ticket_accepted", "at": AT, "new": "accepted"}] * 4,
        "notes": [words] * 3,
        "words": ["飞线", "充电"],
        "matters": [line | {"resolve_due": AT}] * 4,
        "parts": [words] * 4,
        "record": [{"is_resident": True, "text": words}] * 5,
        "keys": ["noise"],
        "answered": [line | {"minutes": 0}] * 6,
        "arrived": [line | {"minutes": 3}] * 2,
        "gap": ["grid_worker"],
        "alerted": ["property_staff", "grid_worker", "community_staff"],
    }
    if name in lists:
        return lists[name]
    return 12 if name in ("ticket_id", "into", "total", "number") else words


def assert_well_set(text: str) -> None:
    lines = text.splitlines()
    assert text and all(line == line.rstrip() for line in lines), text
    assert "\n\n\n" not in text and "None" not in text and "{{" not in text, text


def test_moments_are_told_by_the_clock_of_the_neighbourhood() -> None:
    at = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    assert moment(at) == "3月3日（周二）00:30"
    assert day(at.isoformat()) == "3月3日（周二）"


def test_a_long_text_is_cut_on_one_line() -> None:
    assert short("一 二\n三", 24) == "一 二 三"
    assert short("字" * 30, 10) == "字" * 9 + "…"


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_help_fits_into_one_message(is_staff: bool) -> None:
    rows = load("commands").values()
    text = render(
        "help",
        {
            "is_staff": is_staff,
            "everyone": [row for row in rows if row["for"] == "everyone"],
            "staff": [row for row in rows if is_staff and row["for"] == "staff"],
        },
    )
    assert len(text) <= 600 and len(text.encode()) <= 2048
    assert_well_set(text)
