"""Words every reply and message: a template's name and plain context in, Chinese text out."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from config import categories, policy
from models import localtime

HERE = Path(__file__).parent / "templates"
MOST_KEPT = 4096
WEEKDAYS = "一二三四五六日"


def render(name: str, context: Mapping[str, Any], language: str = "zh") -> str:
    """The text of `templates/<name>.txt`, blank ends cut. Unknown names and gaps raise."""
    return _template(name, language).render(context).strip()


@cache
def _template(name: str, language: str) -> Template:
    # A community may add a language; what it has not translated stays Chinese.
    names = [f"{name}.txt"] if language == "zh" else [f"{language}/{name}.txt", f"{name}.txt"]
    template = _environment().select_template(names)
    template.globals = dict(template.globals)  # each rendering copies them, slowly while chained
    return template


@cache
def _environment() -> Environment:
    # Text for a chat, never HTML: escaping would show residents "&lt;".
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        autoescape=False,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(moment=moment, day=day, short=short, label=label, kind=kind)
    parts: Any = environment.get_template("_parts.txt").module
    # Said of every ticket in few ways: a macro takes ten times as long as to look up what it said.
    kept = {name: lru_cache(MOST_KEPT)(getattr(parts, name)) for name in ("what", "where", "who")}
    # Nothing else: each rendering copies the globals, and jinja's own are not used here.
    environment.globals = {"p": SimpleNamespace(**vars(parts) | kept)}
    return environment


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
    there = local(at)
    return f"{_day(there)}{there.hour:02}:{there.minute:02}"


def _day(there: datetime) -> str:
    return f"{there.month}月{there.day}日（周{WEEKDAYS[there.weekday()]}）"


def short(text: str, characters: int = 24) -> str:
    """A piece of what was said, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
