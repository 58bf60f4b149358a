"""Bodies bred for what they reach: a change that runs another way through the reading is kept.

Atheris has no wheels for every machine and Python that we run on, and Hypothesis' targets lead
towards a number, not towards new branches. What is to be searched is six short modules of pure
Python, which the interpreter's own tracing covers; sys.monitoring comes with Python 3.12.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from app.wechat import tree
from app.wechat.parse import EVENTS, KINDS, read_push
from app.wechat.refusals import Refused
from tests.proof.hostile_pushes import BOMBS, GENUINE, NO_PUSHES, PIECES
from tests.wechat.sender import event_push, xml_push

CORPUS = Path(__file__).parent.parent / "data" / "pushes.jsonl"
READERS = str(Path(tree.__file__).parent)
LONGEST = 4000  # of what is bred; sizes are tried elsewhere

Way = tuple[str, int, int]  # in a file from line to line


def read(body: bytes) -> None:
    """As the webhook reads what was said to it. Raises Refused, and nothing else."""
    read_push("main", tree.read_tree(body))


def prove(cases: int, seed: int) -> dict[str, object]:
    """Breeds so many from the bodies that are kept; what is found twice is one fault."""
    search = Search(random.Random(seed))
    known = len(search.ways)
    for _ in range(cases):
        search.breed()
    print(*search.faults.items(), sep="\n", file=sys.stderr)
    return {
        "name": "guided",
        "cases": cases,
        "ways": len(search.ways),
        "new_ways": len(search.ways) - known,
        "kept": len(search.kept),
        "unclear": len(search.faults),
        "seed": seed,
    }


@dataclass
class Search:
    """寻路 — the bodies worth changing, and every way that any has taken."""

    chance: random.Random
    kept: list[bytes] = field(default_factory=list)
    ways: set[Way] = field(default_factory=set)
    faults: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = [*GENUINE, *NO_PUSHES, *BOMBS, *of_every_kind()]
        for body in [*(one.encode()[:LONGEST] for one in first), *corpus()]:
            self.look(body)

    def breed(self) -> None:
        body = self.chance.choice(self.kept)
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            body = self.chance.choice(CHANGES)(self, body)
        self.look(body[:LONGEST])

    def look(self, body: bytes) -> None:
        ways: set[Way] = set()
        try:
            with following(ways), suppress(Refused):
                read(body)
        except Exception as fault:
            self.faults.setdefault(repr(fault)[:200], body)
        if ways - self.ways:
            self.kept.append(body)
            self.ways |= ways


def of_every_kind() -> Iterator[str]:
    place = {"Location_X": "23", "Location_Y": "113", "Label": "人民路"}
    more = {"MsgId": "1", "CreateTime": "1", "Content": "灯", "MediaId": "m", **place}
    for kind in KINDS:
        yield xml_push(MsgType=kind, Event="CLICK", EventKey="help", **more)
    inner = {"SendLocationInfo": place, "ScanCodeInfo": {"ScanResult": "x"}, "List": [{"A": "1"}]}
    for event in EVENTS:
        yield event_push(event, EventKey="qrscene_1", Latitude="23", Longitude="113", **inner)


def corpus() -> Iterator[bytes]:
    """What searches have found; each line a text whose characters are bytes."""
    for line in CORPUS.read_text("utf-8").splitlines():
        yield json.loads(line).encode("latin-1")


def as_line(body: bytes) -> str:
    return json.dumps(body.decode("latin-1"))


@contextmanager
def following(ways: set[Way]) -> Iterator[None]:
    """Notes which line follows which in what reads pushes."""
    last: dict[int, int] = {}

    def within(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            before = last.get(id(frame), 0)
            ways.add((frame.f_code.co_filename, before, frame.f_lineno))
            last[id(frame)] = frame.f_lineno
        return within

    def entering(frame: FrameType, _: str, __: Any) -> Any:
        last.pop(id(frame), None)
        return within if frame.f_code.co_filename.startswith(READERS) else None

    before = sys.gettrace()
    sys.settrace(entering)
    try:
        yield
    finally:
        sys.settrace(before)


def _put(search: Search, body: bytes) -> bytes:
    start = search.chance.randrange(len(body) + 1)
    end = start + search.chance.choice((0, 0, 1, 4, 40))
    return body[:start] + search.chance.choice(PIECES) + body[end:]


def _cut(search: Search, body: bytes) -> bytes:
    start = search.chance.randrange(len(body) + 1)
    return body[:start] + body[start + search.chance.choice((1, 2, 8, 64)) :]


def _cross(search: Search, body: bytes) -> bytes:
    other = search.chance.choice(search.kept)
    at = search.chance.randrange(len(other) + 1)
    return body[: search.chance.randrange(len(body) + 1)] + other[at:]


def _swap_word(search: Search, body: bytes) -> bytes:
    """A name or a value of one message for that of another kind."""
    old, new = (search.chance.choice(WORDS) for _ in range(2))
    return body.replace(old, new, 1)


def _repeat(search: Search, body: bytes) -> bytes:
    start = search.chance.randrange(len(body) + 1)
    piece = body[start : start + search.chance.choice((1, 10, 60))]
    return body[:start] + piece * search.chance.choice((2, 20)) + body[start:]


WORDS: Sequence[bytes] = [
    *(b"text", b"event", b"image", b"voice", b"link", b"location", b"file", b"miniprogrampage"),
    *(b"subscribe", b"SCAN", b"CLICK", b"VIEW", b"LOCATION", b"location_select", b"unsubscribe"),
    *(b"scancode_push", b"subscribe_msg_sent_event", b"TEMPLATESENDJOBFINISH", b"wxa_media_check"),
    *(b"MsgType", b"Event", b"EventKey", b"Content", b"MsgId", b"CreateTime", b"FromUserName"),
    *(b"Location_X", b"Latitude", b"Longitude", b"SendLocationInfo", b"ScanCodeInfo", b"List"),
    *(b"SubscribeMsgPopupEvent", b"qrscene_", b"true", b"null", b"1e999", b"999999999999", b"nan"),
]
CHANGES: Sequence[Callable[[Search, bytes], bytes]] = [_put, _cut, _cross, _swap_word, _repeat]
