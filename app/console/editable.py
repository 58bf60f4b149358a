"""What staff change over the files of config: the table of subjects, and what each one tells.

How a subject is made editable:

1. a row in config/editing.toml: what it is called, and who may change it;
2. a class derived from `Setting`, which turns a version into what stands in a form and back;
3. `offer(Subject(...))` in a module that `blueprint.SUBJECTS` names;
4. templates/console/settings/<subject>/fields.html with the fields (`draft` holds what stands in
   them, by name), faults.txt with the words for each `Fault`, and outlook.html with what a draft
   would bring, if `outlook` tells anything.

Pages, versions, differences, the second look and what follows a collision come by themselves.
"""

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from config.policy import load
from models import policies
from models.errors import DomainError, NotFound
from models.policies import ITEM, Policy

Body = dict[str, Any]
Draft = Mapping[str, str]
"""What stands in the fields of a form, by their names."""

LINES_AROUND = 2  # of a difference


@dataclass(frozen=True)
class Fault:
    """毛病 — why a draft is not taken; faults.txt of the subject has the sentence."""

    why: str
    context: Mapping[str, Any] = field(default_factory=dict)


class Unfit(DomainError):
    """A draft that nobody may publish, with all that is wrong with it."""

    template = "unfit"

    def __init__(self, faults: Sequence[Fault] = (), **context: object) -> None:
        super().__init__(", ".join(one.why for one in faults), **context)
        self.faults = faults


class Setting(ABC):
    """设置 — one document that staff change, of the whole house or of an area."""

    def __init__(self, name: str, title: str, area_id: int | None = None) -> None:
        self.name = name  # among the policies
        self.title = title
        self.area_id = area_id

    @property
    def subject(self) -> str:
        return self.name.partition(ITEM)[0]

    @abstractmethod
    def draft_of(self, body: Body) -> Draft:
        """What stands in the form while this version is in force; {}: the file alone."""

    @abstractmethod
    def body_in(self, session: Session, draft: Draft) -> Body:
        """What is to be kept; what the file says already is left out. Raises Unfit."""

    @abstractmethod
    def lines(self, body: Body) -> list[str]:
        """The version as people read it, so that two of them can be held side by side."""

    def choices(self) -> Mapping[str, Any]:
        """What else fields.html needs."""
        return {}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """What outlook.html tells: what it would look like, and what it would move."""
        return {}

    def published(self, session: Session, made: Policy) -> None:
        """Has done what follows from a new version, in its transaction."""
        return


@dataclass(frozen=True, slots=True)
class Subject:
    """设置项 — what staff change under one name: one document, or one for each item or area.

    `find` gives the document of an item ("" where the subject has but one) and an area; it raises
    NotFound. `index` is the page that leads to the documents.
    """

    name: str
    find: Callable[[Desk, Session, str, int | None], Setting]
    index: str = "setting"

    @property
    def words(self) -> Mapping[str, Any]:
        row: Mapping[str, Any] = load("editing")[self.name]
        return row

    @property
    def has_areas(self) -> bool:
        return "area" in self.words


OFFERED: dict[str, Subject] = {}


def offer(subject: Subject) -> None:
    if OFFERED.setdefault(subject.name, subject) is not subject:
        raise ValueError(f"two subjects are named {subject.name}")


def find(desk: Desk, session: Session, name: str, area_id: int | None) -> Setting:
    subject, _, item = name.partition(ITEM)
    if subject not in OFFERED or (area_id is not None and not OFFERED[subject].has_areas):
        raise NotFound(name)
    return OFFERED[subject].find(desk, session, item, area_id)


def body_in_force(session: Session, setting: Setting) -> tuple[int, Body]:
    """The version that counts, and what it says."""
    last = policies.current(session, setting.name, setting.area_id)
    return (last.version, last.body) if last else (policies.AS_SHIPPED, {})


def differences(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines with "-", "+" or " " before them, and "@" where lines that stay were left out."""
    told = list(difflib.unified_diff(before, after, n=LINES_AROUND, lineterm=""))
    for line in told[2:]:
        yield line[0], "" if line[0] == "@" else line[1:]
