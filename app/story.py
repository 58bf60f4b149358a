"""Plays a story of config/stories.toml: people act in the sandbox, every step is checked."""

import io
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from PIL import Image
from sqlalchemy import select

from app import staging
from app.civic_tool import CivicTool
from app.sandbox.client import POLL_SECONDS, NothingCame, SandboxClient
from config.policy import load
from models.base import Database
from models.people import Identity
from models.projects.table import Project
from models.supervisions.table import Supervision
from models.tickets.table import Ticket

PATIENCE_SECONDS = 20
_NUMBER = re.compile(r"#(\d+)")
_LINK = re.compile(r"https?://[^/\s]+(/\S+)")
_ACTIONS = ("says", "photo", "voice", "scan", "tap", "subscribe")
# What happens outside the chat: at the desk, in the personnel office, or to the calendar.
_BEHIND: Mapping[str, Callable[..., int | None]] = {
    "leaves": staging.leave_post,
    "returns": staging.take_post,
    "drafts": staging.draft_notice,
    "approves": staging.approve_notice,
    "supervises": staging.supervise,
    "asks_again": staging.ask_again,
    "closes": staging.close_supervision,
    "makes": staging.make_project,
    "reaches": staging.reach_milestone,
    "answers": staging.answer_group,
    "brings": staging.bring_order,
    "waits": staging.wait_days,
}
_HELD: Mapping[str, type[Any]] = {
    "ticket": Ticket,
    "supervision": Supervision,
    "project": Project,
}


class StoryBroke(Exception):
    """What happened is not what the story says; the message tells both."""


class Player:
    """说书人 — acts, prints what people read, and stops at the first difference."""

    def __init__(
        self,
        sandbox: SandboxClient,
        database: Database,
        web_url: str,
        tell: Callable[[str], None],
    ) -> None:
        self._sandbox = sandbox
        self._database = database
        self._web_url = web_url
        self._tell = tell
        self._tool = CivicTool(database, web_url)
        self._kept: dict[str, str] = {}
        self._names = {one["openid"]: one["name"] for one in sandbox.people()}

    def play(self, story: Mapping[str, Any]) -> None:
        self._tell(f"\n══ {story['title']} ══")
        for step in story["steps"]:
            self._step(self._filled(step))
        self._let_arrive()

    def _let_arrive(self) -> None:
        """What still waits would use up what a person may be sent in the next story, and what
        comes after that comes as a card, in other words."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            with self._database.reading() as session:
                if not staging.on_the_way(session):
                    return
            time.sleep(POLL_SECONDS)
        raise StoryBroke("not every message has left")

    def _step(self, step: Mapping[str, Any]) -> None:
        if "tell" in step:
            self._tell(f"\n（{step['tell']}）")
        elif "job" in step:
            self._run_job(step["job"], timedelta(days=step.get("days_ahead", 0)))
        elif "passes" in step:
            self._stage(staging.pass_time, int(step["of"]), step["passes"])
        elif behind := _BEHIND.keys() & step.keys():
            (name,) = behind
            self._keep(step, self._stage(_BEHIND[name], step[name]))
        elif "tool" in step:
            self._use_tool(step)
        elif "collects" in step:
            self._collect(step)
        elif held := _HELD.keys() & step.keys():
            (name,) = held
            self._check(name, step)
        elif "hears" in step:
            heard = self._hear(self._who(step["who"]), step["hears"])
            if "opens" in step:
                self._open(heard, step["opens"])
        else:
            self._act(step)

    def _use_tool(self, step: Mapping[str, Any]) -> None:
        read = self._tool.act(step)
        self._tell("\n".join(f"  ⇄ {line}" for line in read.splitlines()))
        self._expect(step.get("sees", ()), read)
        self._keep_number(step, read)

    def _act(self, step: Mapping[str, Any]) -> None:
        who = self._who(step["who"])
        action = next(name for name in _ACTIONS if name in step)
        said = load("labels")["act"].get(action, str(step[action]))
        self._tell(f"\n{self._name(who)}：{said}")
        if action == "says":
            delivered = self._sandbox.say(who, step["says"])
        elif action == "photo":
            delivered = self._sandbox.photo(who, _sideways_photo())
        elif action == "voice":
            delivered = self._sandbox.voice(who, step["voice"])
        elif action == "scan":
            delivered = self._sandbox.scan(who, step["scan"])
        elif action == "tap":
            delivered = self._sandbox.click(who, step["tap"])
        else:
            delivered = self._sandbox.subscribe(who)
        self._show(who, delivered.reply_text)
        self._expect(step.get("sees", ()), delivered.reply_text)
        self._keep_number(step, delivered.reply_text)

    def _keep_number(self, step: Mapping[str, Any], text: str) -> None:
        if "keep" in step:
            found = _NUMBER.search(text)
            if found is None:
                raise StoryBroke(f"no ticket number in: {text}")
            self._keep(step, int(found[1]))

    def _keep(self, step: Mapping[str, Any], number: int | None) -> None:
        if "keep" in step:
            self._kept[step["keep"]] = str(number)

    def _hear(self, who: str, pieces: list[str]) -> str:
        def is_it(message: Mapping[str, Any]) -> bool:
            return all(piece in _read(message) for piece in pieces)

        try:
            message = self._sandbox.wait_for(who, is_it, PATIENCE_SECONDS)
        except NothingCame as nothing:
            raise StoryBroke(f"{self._name(who)} never heard {pieces}") from nothing
        self._show(who, _read(message))
        return _read(message)

    def _open(self, heard: str, pieces: list[str]) -> None:
        """The page behind the link in a message, as a phone that nobody signed in on shows it."""
        link = _LINK.search(heard)
        if link is None:
            raise StoryBroke(f"no link in: {heard}")
        answer = requests.get(f"{self._web_url}{link[1]}", timeout=PATIENCE_SECONDS)
        if answer.status_code != 200:
            raise StoryBroke(f"{link[1]}: {answer.status_code}")
        self._tell(f"  ↗ {link[1]}")
        self._expect(pieces, answer.text)

    def _collect(self, step: Mapping[str, Any]) -> None:
        """What goes back to the hotline, which has it then."""
        with self._database.writing() as session:
            sheet = staging.collect_results(session, step["collects"])
        self._tell(f"\n{sheet}")
        self._expect(step["sees"], sheet)
        for piece in step.get("lacks", ()):
            if piece in sheet:
                raise StoryBroke(f"{piece!r} went back already: {sheet}")

    def _run_job(self, name: str, ahead: timedelta) -> None:
        """Now, or as if it were so much later."""
        at = {"at": (datetime.now(UTC) + ahead).isoformat()} if ahead else {}
        answer = requests.post(f"{self._web_url}/dev/jobs/{name}", json=at, timeout=60)
        if answer.status_code != 200 or answer.json()["status"] != "done":
            raise StoryBroke(f"job {name}: {answer.text}")

    def _stage(self, change: Callable[..., int | None], *given: Any) -> int | None:
        with self._database.writing() as session:
            return change(session, *given)

    def _check(self, name: str, step: Mapping[str, Any]) -> None:
        """What the database holds of a remembered row is what the step says."""
        number = self._kept[step[name]]
        with self._database.reading() as session:
            row = session.get_one(_HELD[name], int(number))
            for part, wanted in step.items():
                held = getattr(row, part, None) or 0
                if part != name and held != wanted:
                    raise StoryBroke(f"{name} {number}: {part} is {held!r}, not {wanted!r}")

    def _expect(self, pieces: list[str], text: str) -> None:
        for piece in pieces:
            if piece not in text:
                raise StoryBroke(f"{piece!r} is not in what came: {text}")

    def _show(self, who: str, text: str) -> None:
        lines = "\n".join(f"    {line}" for line in text.splitlines())
        self._tell(f"  → {self._name(who)}\n{lines}")

    def _who(self, who: str) -> str:
        """An openid; "owner:12" is whoever is responsible for ticket 12 now."""
        part, _, number = who.partition(":")
        if part != "owner":
            return who
        with self._database.reading() as session:
            owner = session.scalar(
                select(Identity.openid)
                .join(Ticket, Ticket.owner_id == Identity.person_id)
                .where(Ticket.id == int(number))
            )
        if owner is None:
            raise StoryBroke(f"ticket #{number} has no owner")
        return owner

    def _name(self, who: str) -> str:
        return self._names.get(who) or who

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if not isinstance(value, str):
            return value
        for name, number in self._kept.items():
            value = value.replace("{" + name + "}", number)
        return value


def stories() -> Mapping[str, Any]:
    """Every story by name, in the order of the file."""
    table: Mapping[str, Any] = load("stories")["story"]
    return table


def _read(message: Mapping[str, Any]) -> str:
    """What the person reads: the text, and the fields of a card that came instead."""
    data = (message.get("body") or {}).get("data") or {}
    fields = [str(field["value"]) for field in data.values()]
    return "\n".join([str(message.get("text", "")), *fields])


def _sideways_photo() -> bytes:
    """A photo as phones make them: lying on its side, with the place it was taken at."""
    photo = Image.new("RGB", (64, 48), (180, 120, 60))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    content = io.BytesIO()
    photo.save(content, "JPEG", exif=exif)
    return content.getvalue()
