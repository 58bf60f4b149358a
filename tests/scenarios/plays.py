"""Plays a written conversation: who says what, and what must be true afterwards."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bots.message import MessageKind
from config.policy import load
from jobs.takeovers import hand_back_chats
from models.media import Media
from tests.chat import Talker, Town
from tests.scenarios import looking

SCRIPTS = Path(__file__).parent.parent / "data" / "conversations.toml"
PEOPLE = {
    **{name: f"resident-{count}" for count, name in enumerate("甲乙丙丁戊己庚辛", 1)},
    "网": "grid_worker-1",
    "楼": "building_head-1",
    "物": "property_staff-1",
    "社": "community_staff-1",
    "书": "community_staff-2",
    "值": "duty_desk-1",
    "街": "subdistrict_staff-1",
}
_SPEECH = re.compile(rf"(?P<who>[{''.join(PEOPLE)}])：(?P<said>.*)")
_ACT = re.compile(r"\[(?P<act>照片|语音|位置|扫码|链接|视频|点)\s*(?P<what>[^\]]*)\](?P<words>.*)")
_LATER = re.compile(r"过\s*(?P<amount>\d+)\s*(?P<unit>分钟|小时|天)")
_UNITS = {"分钟": "minutes", "小时": "hours", "天": "days"}


@dataclass(frozen=True)
class Script:
    """剧本 — one conversation as it stands in the file."""

    name: str
    lines: Sequence[str]


def scripts() -> list[Script]:
    table = tomllib.loads(SCRIPTS.read_text("utf-8"))
    return [
        Script(one["name"], [line for line in one["talk"].splitlines() if line.strip()])
        for one in table["conversation"]
    ]


class Play:
    """演出 — the lines one after the other; the first one that does not hold is raised."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.reply = ""

    def run(self, lines: Sequence[str]) -> None:
        for number, line in enumerate(lines, 1):
            try:
                self._line(line.strip())
            except AssertionError as failure:
                raise AssertionError(f"line {number}: {line}\n{failure}\n{self.reply}") from None

    def _line(self, line: str) -> None:
        speech, later = _SPEECH.fullmatch(line), _LATER.fullmatch(line)
        if speech is not None:
            self.reply = self._act(self._person(speech["who"]), speech["said"])
            assert self.reply, "silence"
        elif later is not None:
            self.town.later(**{_UNITS[later["unit"]]: int(later["amount"])})
        elif line == "时钟":
            hand_back_chats(self.town.database, self.town.now)
        else:
            self._expect(line[0], line[1:].strip())

    def _person(self, who: str) -> Talker:
        return self.town.person(f"demo-{PEOPLE[who]}")

    def _act(self, who: Talker, said: str) -> str:
        act = _ACT.fullmatch(said)
        if act is None:
            return who.say(said)
        what = act["what"]
        acts: dict[str, Callable[[], str]] = {
            "照片": lambda: who.photo(what or "photo-1"),
            "语音": lambda: who.voice(act["words"] or None),
            "扫码": lambda: who.scan(what),
            "点": lambda: who.tap(what),
            "视频": lambda: who.send(kind=MessageKind.VIDEO, media_id="v"),
            "链接": lambda: who.send(kind=MessageKind.LINK, title=what, url="http://a.example"),
            "位置": lambda: who.send(
                kind=MessageKind.LOCATION, latitude=36.1, longitude=117.2, label=what
            ),
        }
        return acts[act["act"]]()

    def _expect(self, sign: str, what: str) -> None:
        """有 / 无: in the reply. 单: number of tickets. #: of a ticket. 收 / 未: by push."""
        if sign == "有":
            for one in what.split("｜"):
                assert one in self.reply, f"no {one!r} in the reply"
        elif sign == "无":
            for one in what.split("｜"):
                assert one not in self.reply, f"{one!r} in the reply"
        elif sign == "单":
            assert looking.tickets(self.town) == int(what), looking.tickets(self.town)
        elif sign in "收未":
            who, words = what[0], what[1:].strip()
            is_there = any(words in text for text in self._person(who).received())
            assert is_there == (sign == "收"), self._person(who).received()
        else:
            assert sign == "#", f"unknown line {sign}{what}"
            number, *facts = what.split()
            for fact in facts:
                self._fact(int(number), *fact.split("=", 1))

    def _fact(self, number: int, key: str, value: str) -> None:
        ticket = looking.ticket(self.town, number)
        if key == "记":
            assert any(value in (note or "") for note in looking.notes(self.town, number)), (
                looking.notes(self.town, number)
            )
            return
        found = {
            "类": lambda: ticket.category,
            "子": lambda: ticket.subcategory,
            "态": lambda: load("labels")["state"][ticket.state],
            "急": lambda: ticket.urgency,
            "地": lambda: ticket.place_name,
            "处": lambda: ticket.spot,
            "话": lambda: ticket.text,
            "星": lambda: ticket.stars,
            "关": lambda: ticket.about,
            "人": lambda: next(
                who
                for who in PEOPLE
                if self.town.person(f"demo-{PEOPLE[who]}").person_id == ticket.owner_id
            ),
            "照": lambda: self.town.look(
                lambda session: session.query(Media).filter_by(ticket_id=number).count()
            ),
        }[key]()
        assert str(found).replace(" ", "") == value, f"{key} is {found!r}"
