"""Words every reply and message: a template's name and plain context in, Chinese text out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from config import categories, policy
from models import localtime

HERE = Path(__file__).parent / "templates"
FILES = FileSystemLoader(HERE)
PARTS = frozenset(one.stem for one in HERE.glob("*_parts.txt"))  # others take pieces from them
MOST_KEPT = 4096
WEEKDAYS = "一二三四五六日"
UTC = "+00:00"
MINUTE = len("2026-03-02T08:30")

log = structlog.get_logger(__name__)


class Wording:
    """说法 — the templates in force: the files, and over them what staff wrote."""

    def __init__(self, written: Mapping[str, str] | None = None) -> None:
        self.use(written or {})

    def use(self, written: Mapping[str, str]) -> None:
        """From now on these texts stand for the files of their names."""
        self.written = written
        environment = by_staff(written) if written else shipped()
        # A cache of its own, swapped as one: no thread adds an old template to the new ones.
        self.template = cache(partial(_template, environment, written))


def render(name: str, context: Mapping[str, Any], language: str = "zh") -> str:
    """The text of `templates/<name>.txt`, blank ends cut. Unknown names and gaps raise."""
    return WORDING.template(name, language).render(context).strip()


@dataclass(frozen=True, slots=True)
class Written:
    """改写的说法 — what staff wrote; where it can not be filled, the file speaks in its place."""

    own: Template
    shipped: Template

    def render(self, context: Mapping[str, Any]) -> str:
        try:
            return self.own.render(context)
        except Exception as failure:
            # Nobody is left without an answer; what the failure says may hold somebody's words.
            log.error("wording_failed", template=self.own.name, kind=type(failure).__name__)
            return self.shipped.render(context)


def _template(
    environment: Environment, written: Mapping[str, str], name: str, language: str
) -> Template | Written:
    # A community may add a language; what it has not translated stays Chinese.
    names = [f"{name}.txt"] if language == "zh" else [f"{language}/{name}.txt", f"{name}.txt"]
    found = _quick(shipped().select_template(names))
    if name in written or not PARTS.isdisjoint(written):
        return Written(_quick(environment.select_template(names)), found)
    return found


class Sandbox(ImmutableSandboxedEnvironment):
    """沙箱 — where texts of staff are filled in: no inner names, and % only between numbers."""

    intercepted_binops = frozenset({"%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if not isinstance(left, int):  # of a text it would fill in, as wide as one likes
            raise SecurityError("% of a text")
        return super().call_binop(context, operator, left, right)


class Filling(Context):
    """填充 — what fills a sentence. Nothing that a sentence calls wants it passed along.

    To ask that of each call, as jinja does, took a quarter of the time of a reply.
    """

    def call(
        self,
        called: Callable[..., Any],
        /,
        *args: Any,
        _loop_vars: Any = None,  # for those who want them
        _block_vars: Any = None,
        **named: Any,
    ) -> Any:
        return called(*args, **named)


@cache
def shipped() -> Environment:
    return _environment(Environment, FILES)


def by_staff(written: Mapping[str, str]) -> Environment:
    """The files with these texts over them, kept from all that a sentence does not need."""
    texts = DictLoader({f"{name}.txt": text for name, text in written.items()})
    return _environment(Sandbox, ChoiceLoader([texts, FILES]))


def _environment(make: type[Environment], loader: BaseLoader) -> Environment:
    # Text for a chat, never HTML: escaping would show residents "&lt;".
    environment = make(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.context_class = Filling
    environment.filters.update(moment=moment, day=day, short=short, label=label, kind=kind)
    parts: Any = environment.get_template("_parts.txt").module
    # Said of every ticket in few ways: a macro takes ten times as long as to look up what it said.
    kept = {name: lru_cache(MOST_KEPT)(getattr(parts, name)) for name in ("what", "where", "who")}
    # Nothing else: each rendering copies the globals, and jinja's own are not used here.
    environment.globals = {"p": SimpleNamespace(**vars(parts) | kept)}
    return environment


def _quick(template: Template) -> Template:
    template.globals = dict(template.globals)  # each rendering copies them, slowly while chained
    return template


def label(word: str | None, table: str) -> str:
    """What people call a role, state, level ...: a row of config/labels.toml."""
    return str(policy.load("labels")[table][word]) if word else ""


def kind(category: str, subcategory: str | None = None) -> str:
    """电动车充电·飞线充电"""
    return categories.label_of(category, subcategory)


def local(at: datetime | str) -> datetime:
    """A moment (or its ISO form, as the ledger keeps it) on the neighbourhood's clock."""
    return localtime.local(datetime.fromisoformat(at) if isinstance(at, str) else at)


def day(at: datetime | str) -> str:
    """3月2日（周一）"""
    return _day(local(at))


def moment(at: datetime | str) -> str:
    """3月2日（周一）16:30"""
    if isinstance(at, str) and at.endswith(UTC):
        return _moment(at[:MINUTE] + UTC)  # in a rush hundreds are told of one minute
    return _moment(at)


@lru_cache(MOST_KEPT)
def _moment(at: datetime | str) -> str:
    there = local(at)
    return f"{_day(there)}{there.hour:02}:{there.minute:02}"


def _day(there: datetime) -> str:
    return f"{there.month}月{there.day}日（周{WEEKDAYS[there.weekday()]}）"


def short(text: str, characters: int = 24) -> str:
    """A piece of what was said, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


WORDING = Wording()
