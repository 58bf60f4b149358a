"""What is a command, which number answers, and what is neither."""

import time

import pytest

from bots import commands
from bots.commands import Command
from config.policy import load
from tests.bots.lexicons import shipped

ROWS = load("commands")
SAID = [(key, word) for key, row in ROWS.items() for word in row["words"]]


def read(text: str, *, is_staff: bool = True) -> Command | None:
    return commands.read(shipped().spelling.normalise(text).strip(), is_staff=is_staff)


@pytest.mark.parametrize(("key", "word"), SAID)
def test_every_listed_word_is_its_command_with_courtesies_around_it(key: str, word: str) -> None:
    for text in (word, f"请{word}", f"麻烦{word}。", f"{word}一下", f"  {word}！"):
        found = read(text)
        assert found is not None and found.key == key, text


@pytest.mark.parametrize(("key", "word"), [(k, w) for k, w in SAID if ROWS[k]["for"] == "staff"])
def test_staff_words_are_no_commands_of_residents(key: str, word: str) -> None:
    found = read(word, is_staff=False)
    assert found is None or found.key != key


@pytest.mark.parametrize(
    ("text", "key", "number"),
    [
        ("請查一下我的工單", "progress", None),
        ("催辦１２", "urge", 12),
        ("帮我催一下", "urge", None),
        ("我的樓長是誰", "building_head", None),
        ("第12号工单进度", "progress", 12),
        ("12号单催一下", "urge", 12),
        ("轉人工", "person", None),
        ("辦結 3 已拆", "resolve", 3),
        ("撤銷", "undo", None),
        ("你好，帮我查一下工单", "progress", None),
    ],
)
def test_variants_widths_and_traditional_characters_are_understood(
    text: str, key: str, number: int | None
) -> None:
    found = read(text)
    assert found is not None and (found.key, found.number) == (key, number)


@pytest.mark.parametrize(
    "text",
    [
        "楼长不管事",
        "物业公示栏坏了",
        "充电桩不能评价",
        "电话亭坏了",
        "帮助残疾人的坡道没了",
        "人工湖水臭了",
        "消息树倒了",
        "通知栏掉下来了",
    ],
)
def test_a_sentence_with_a_commands_word_in_it_is_no_command(text: str) -> None:
    assert read(text) is None


def test_an_address_after_a_command_is_no_ticket_number() -> None:
    found = read("绑定 3号楼2单元501")
    assert found == Command("bind", None, "3号楼2单元501")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("１。", 1),
        ("① 好的", 1),
        ("二", 2),
        ("10", 10),
        ("5 很满意", 5),
        ("2 属于市政道路", 2),
        ("12号楼", None),
        ("1楼", None),
        ("二楼漏水", None),
        ("110", None),
        ("1 3号楼", None),
        ("3个月没人扫", None),
        ("2026年的账", None),
        ("", None),
    ],
)
def test_a_digit_is_an_answer_only_by_itself(text: str, number: int | None) -> None:
    assert commands.digit(shipped().spelling.normalise(text)) == number


def test_what_is_said_beside_a_digit_is_kept() -> None:
    assert commands.remark("2 属于市政道路") == "属于市政道路"
    assert commands.remark("2") == commands.remark("12号楼") == ""


@pytest.mark.parametrize("text", ["看" * 2000, "看看查一下请我" * 300, "第#工单" * 500, "1" * 2000])
def test_no_text_takes_long_to_read(text: str) -> None:
    began = time.perf_counter()
    commands.read(text, is_staff=True)
    commands.digit(text)
    assert time.perf_counter() - began < 0.5


def test_what_is_offered_depends_on_the_person() -> None:
    everyone = commands.offered(is_staff=False)
    assert "tasks" not in everyone and "tasks" in commands.offered(is_staff=True)
    assert {row["for"] for row in everyone.values()} == {"everyone"}
