"""Two people, anything in any order: no word, photo, class or place is lost or goes astray."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.categories import CATEGORIES
from models.media import Media
from models.tickets.table import Note, Ticket
from tests import factories
from tests.chat import Talker, Town
from tests.stores import ReusedFile

KEYS = {category.label: key for key, category in CATEGORIES.items()}
REPORTS = [
    *("楼道里的灯不亮", "楼上天天半夜装修", "5号楼电梯坏了", "草坪被人挖了种菜"),
    *("停车乱,而且路灯也坏了", "垃圾没人收，另外楼上装修吵", "就是很烦", "那个东西很烦"),
]
ADDITIONS = ["说不清楚的那种", "都好几天了"]
PLACES = ["阳光花园2号楼", "幸福里小区3号楼", "阳光花园99号楼"]
COMMANDS = ["进度", "帮助", "电话", "我的消息", "谢谢", "12号楼", "10"]
DIGITS = ["0", "1", "２", "③", "4 好的"]
ACTS = st.one_of(
    st.sampled_from(REPORTS),
    st.sampled_from(ADDITIONS),
    st.sampled_from(PLACES),
    st.sampled_from(COMMANDS),
    st.sampled_from(DIGITS),
    st.sampled_from(["[photo]", "[later]", "[next day]"]),
)
TURNS = st.lists(st.tuples(st.sampled_from(["resident-1", "resident-4"]), ACTS), max_size=14)
_CLASSES = re.compile(r"^([0-9]) (\S+)$", re.MULTILINE)
_NUMBER = re.compile(r"#(\d+)")
_DIGIT = {"0": 0, "1": 1, "２": 2, "③": 3, "4 好的": 4}

Facts = dict[int, tuple[str, int | None, str | None]]


@dataclass
class Screen:
    """屏幕 — what one person's phone shows: the question that was put last, as they read it."""

    who: Talker
    said: list[str] = field(default_factory=list)
    photos: int = 0
    kind: str | None = None
    ticket: int | None = None
    classes: dict[int, str] = field(default_factory=dict)

    def read(self, reply: str) -> None:
        """Takes the question out of a reply; a reply without one leaves the last standing."""
        waiting = re.search(r"（#(\d+) 还等您一句：(.*)）", reply)
        numbers = _NUMBER.findall(waiting.group() if waiting else reply)
        if waiting:
            self._ask(waiting.group(2), waiting.group(2).split("　"), numbers)
        elif "再问您一遍" in reply:
            self._ask(reply, reply.splitlines()[-1].split("　"), numbers)
        elif "回复序号" in reply:
            self._ask("回复序号", [], numbers)
        elif any(word in reply for word in ("0 都不是", "1 分开", "住在这栋楼吗", "0 说不清")):
            self._ask(reply, reply.splitlines(), numbers)
        elif "哪个小区" in reply:
            self.kind = "place"

    def _ask(self, text: str, lines: list[str], numbers: list[str]) -> None:
        found = {m[1]: m[2] for line in lines if (m := _CLASSES.match(line.strip()))}
        classes = {int(digit): KEYS[name] for digit, name in found.items() if name in KEYS}
        self.kind, self.classes = ("class" if classes else "other"), classes
        self.ticket = int(numbers[0]) if numbers else self.ticket


def facts(town: Town) -> Facts:
    return {
        one.id: (one.category, one.area_id, one.text)
        for one in town.look(lambda session: session.query(Ticket).all())
    }


def turn(town: Town, screen: Screen, act: str, media: Iterator[int]) -> None:
    if act in ("[later]", "[next day]"):
        town.later(minutes=4 if act == "[later]" else 25 * 60)
        return
    before = facts(town)
    if act == "[photo]":
        reply = screen.who.photo(f"m{next(media)}")
        screen.photos += 1
    else:
        reply = screen.who.say(act)
    assert reply, "silence"
    after = facts(town)
    changed = {number for number in before if before[number] != after[number]}
    mine = reported(town, screen)
    assert changed <= mine, "somebody else's ticket was changed"
    if act in COMMANDS:
        assert not changed and len(after) == len(before)
    elif act in _DIGIT:
        check_digit(screen, _DIGIT[act], before, after, changed)
    elif act != "[photo]" and act not in PLACES:
        screen.said.append(act)
    screen.read(reply)


def check_digit(screen: Screen, digit: int, before: Facts, after: Facts, changed: set[int]) -> None:
    """A digit does what the phone shows beside it, to that ticket, or nothing at all."""
    assert changed <= ({screen.ticket} if screen.ticket is not None else set())
    for number in changed:
        chosen = screen.classes.get(digit)
        if screen.kind == "class":
            assert after[number][0] == chosen, "another class than the one shown"
    if screen.kind != "other":
        assert len(after) == len(before)


def reported(town: Town, screen: Screen) -> set[int]:
    return {
        one.id
        for one in town.look(
            lambda session: session.query(Ticket).filter_by(reporter_id=screen.who.person_id).all()
        )
    }


def nothing_is_lost(town: Town, screen: Screen) -> None:
    numbers = reported(town, screen)
    notes = town.look(
        lambda session: [
            note.text or "" for note in session.query(Note) if note.ticket_id in numbers
        ]
    )
    kept = [text or "" for number, (_, _, text) in facts(town).items() if number in numbers]
    everything = "\n".join([*kept, *notes])
    for words in screen.said:
        for piece in re.split("[,，]", words):
            assert piece.removeprefix("另外").removeprefix("而且") in everything, words


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(turns=TURNS)
def test_whatever_two_people_say_nothing_is_lost_or_answers_the_wrong_question(
    stage: ReusedFile, filled: Path, turns: list[tuple[str, str]]
) -> None:
    with stage.holding(filled) as store:
        town = Town(store, factories.MORNING)
        screens = {
            name: Screen(town.person(f"demo-{name}")) for name in ("resident-1", "resident-4")
        }
        media = count(1)
        for name, act in turns:
            turn(town, screens[name], act, media)
        for screen in screens.values():
            nothing_is_lost(town, screen)


PHOTOS_AND_INTERRUPTIONS = st.lists(
    st.sampled_from(["[photo]", "进度", "帮助", "电话", "3", "绑定", "[photo]"]), max_size=6
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=PHOTOS_AND_INTERRUPTIONS)
def test_photos_that_came_first_are_with_the_report_whatever_was_asked_meanwhile(
    stage: ReusedFile, filled: Path, acts: list[str]
) -> None:
    with stage.holding(filled) as store:
        town = Town(store, factories.MORNING)
        who = town.person("demo-resident-1")
        sent = 0
        for act in acts:
            if act == "[photo]":
                who.photo(f"m{sent}")
                sent += 1
            else:
                who.say(act)
        assert "已受理 #1" in who.say("楼上天天半夜装修")
        attached = town.look(lambda session: session.query(Media).filter_by(ticket_id=1).count())
        assert attached == sent
