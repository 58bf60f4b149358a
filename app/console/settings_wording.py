"""The sentences 消息模板: found by subject or words, edited under the rules of bots.drafts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, offer
from app.console.rendering import render
from bots import drafts, samples, wording
from bots.placeholders import placeholders
from bots.rendering import PARTS, by_staff, short
from config.policy import load
from models.errors import NotFound
from models.policies import ITEM

MOST_CASES = 12
LONGEST_TITLE = 24
LOGIC = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)
FILLED = re.compile(r"{{(.*?)}}", re.DOTALL)
PIECE = re.compile(r"\bp\.(\w+)")
NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """一种情况 — what people read in one case, with the words in force and with the draft."""

    template: str
    before: str
    after: str


class Sentence(Setting):
    """消息模板 — one template, as a text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{wording.POLICY}{ITEM}{name}", title_of(name))
        self.template = name

    def draft_of(self, body: Body) -> Draft:
        return {"text": body.get("text") or wording.text_as_shipped(self.template)}

    def body_in(self, session: Session, draft: Draft) -> Body:
        text = draft.get("text", "").rstrip()
        if text == wording.text_as_shipped(self.template):
            return {}
        if found := drafts.problems(self.template, text):
            raise Unfit([_fault(one) for one in found])
        return {"text": text}

    def lines(self, body: Body) -> list[str]:
        return self.draft_of(body)["text"].split("\n")

    def choices(self) -> Mapping[str, Any]:
        means = load("placeholders")["means"]
        taken = [(one, means.get(one, "")) for one in sorted(placeholders(self.template))]
        return {"placeholders": taken, "called": self.template, "group": group_of(self.template)}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        written = wording.written_by_staff(session)
        draft = {**written, self.template: self.draft_of(body)["text"]}
        cases = list(islice(_cases(self.template, written, draft), MOST_CASES + 1))
        return {
            "cases": cases[:MOST_CASES],
            "has_more": len(cases) > MOST_CASES,
            "most": drafts.most_bytes(self.template),
        }


@page("/settings/wording")
def wording_list(desk: Desk) -> Any:
    """Subjects with how many sentences each has; the sentences of one, or those with some words."""
    words = request.args.get("q", "").strip()
    group = request.args.get("group", "")
    with desk.reading() as session:
        written = wording.written_by_staff(session)
    rows = [_row(name, written) for name in wording.names()]
    counts = {
        one: sum(row["group"] == one for row in rows) for one in load("placeholders")["groups"]
    }
    if words:
        rows = [row for row in rows if words in row["name"] or words in row["says"]]
    elif group:
        rows = [row for row in rows if row["group"] == group]
    else:
        rows = [row for row in rows if row["is_written"]]
    return render("settings/wording/list.html", rows=rows, groups=counts, words=words, group=group)


def group_of(name: str) -> str:
    groups: Mapping[str, list[str]] = load("placeholders")["groups"]
    return next(one for one, starts in groups.items() if name.startswith(tuple(starts)))


@cache
def readable(text: str) -> str:
    """A template as a person reads it: what is filled in stands in brackets, logic is left out."""
    return " ".join(FILLED.sub(_named, LOGIC.sub("", text)).split())


def _named(found: re.Match[str]) -> str:
    rules = load("placeholders")
    piece = PIECE.search(found[1])
    if piece:
        return f"〔{rules['pieces'].get(piece[1], '…')}〕"
    known = (rules["means"].get(one) for one in NAME.findall(found[1]))
    return f"〔{next(filter(None, known), '…')}〕"


def title_of(name: str) -> str:
    """How it begins in the plainest case; a piece has but its name."""
    said = samples.said_as_shipped(name, next(samples.cases(name)))
    return short(said, LONGEST_TITLE) if said else name


def _row(name: str, written: Mapping[str, str]) -> dict[str, Any]:
    text = written.get(name) or wording.text_as_shipped(name)
    return {
        "name": name,
        "of": f"{wording.POLICY}{ITEM}{name}",
        "says": readable(text),
        "group": group_of(name),
        "is_written": name in written,
    }


def _cases(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Case]:
    """Each once, the plainest first; of a piece only where it makes a difference."""
    old, new = by_staff(before), by_staff(after)
    told = set()
    for one in drafts.speaking(name):
        for context in samples.contexts(one):
            case = Case(one, *(_said(each, one, context) for each in (old, new)))
            if case not in told and (name not in PARTS or case.before != case.after):
                told.add(case)
                yield case


def _said(environment: Any, name: str, context: samples.Context) -> str:
    try:
        return str(environment.get_template(f"{name}.txt").render(context)).strip()
    except samples.FAILURES:
        return ""  # an old version that today's files no longer fit; publishing it is refused


def _fault(problem: drafts.Problem) -> Fault:
    told = asdict(problem)
    means = load("placeholders")["means"]
    return Fault(problem.why, {**told, **problem.context, "means": means.get(problem.what, "")})


def _sentence(desk: Desk, session: Session, item: str, area_id: int | None) -> Sentence:
    if item not in wording.names():
        raise NotFound(item)
    return Sentence(item)


offer(Subject(wording.POLICY, _sentence, "wording_list"))
