"""Samples for templates: made-up values that reach every branch of what we ship."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import TemplateError

from bots.placeholders import Placeholder, placeholders
from bots.rendering import shipped
from config.policy import load

AT = "2026-03-03T01:30:00+00:00"
TIMES = 8  # that the long sentence of config/placeholders.toml is said in a row
FLAGS = ("is_", "has_", "can_", "may_", "asks", "for_", "to_", "takes_")
FREE = ("text", "words", "said", "result", "reason", "plan", "body")  # as long as people like
ROWS = 2  # of a list
FAILURES = (TemplateError, TypeError, ValueError, KeyError, LookupError, AttributeError)

Context = Mapping[str, Any]


class Piece(dict[str, Any]):
    """Its methods must not stand before its values: a list of ours may have a `count`."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name in self:
            return self[name]
        return super().__getattribute__(name)


@cache
def contexts(name: str) -> tuple[Context, ...]:
    """The plainest first, then one for each thing that may be otherwise; all can be rendered."""
    return tuple(one for one in cases(name) if said_as_shipped(name, one) is not None)


def cases(name: str) -> Iterator[Context]:
    """All that we can think of, the plainest first; some of them may never come about."""
    found = placeholders(name)
    base = {one: _value(one, what) for one, what in found.items()}
    yield base
    yield from _otherwise(found, base)
    yield _with_long_texts(base)


def said_as_shipped(name: str, context: Context) -> str | None:
    """What our own words make of it; None where they can not be filled like this."""
    try:
        return shipped().get_template(f"{name}.txt").render(context).strip()
    except FAILURES:
        return None


@cache
def necessary(name: str, number: int) -> Context:
    """Of that context only what our own words need: the rest may be missing in such a case."""
    context = dict(contexts(name)[number])
    for one in list(context):
        less = {key: value for key, value in context.items() if key != one}
        if said_as_shipped(name, less) is not None:
            context = less
    return context


def _value(name: str, what: Placeholder) -> Any:
    given = load("placeholders")["samples"].get(name)
    if isinstance(given, dict) and not (what.each or what).attributes:
        return given
    if what.each is not None:
        is_plain = not (what.each.attributes or what.each.tables or "kind" in what.each.filters)
        if isinstance(given, list) and is_plain:
            return given
        return [_value(name, what.each)] * ROWS
    if what.attributes.keys() & {"0", "1"}:  # a pair of something with its number
        parts = sorted(what.attributes.items())
        return tuple(3 if key == "1" else _value(f"{name}.{key}", one) for key, one in parts)
    if what.attributes:
        return Piece({key: _value(key, one) for key, one in what.attributes.items()})
    return _scalar(name, what, given)


def _scalar(name: str, what: Placeholder, given: Any) -> Any:
    if given == "":
        return None
    if what.is_moment:
        return given if isinstance(given, str) and given[:1].isdigit() else AT
    if what.tables:
        return _labelled(what, given)
    if "kind" in what.filters:
        return load("placeholders")["samples"]["category"]
    if what.is_number:
        return given if isinstance(given, int | float) else ROWS
    if given is not None:
        return given
    if words := sorted(one for one in what.said if isinstance(one, str)):
        return words[0]
    if name.startswith(FLAGS):
        return True
    return load("placeholders")["means"].get(name, name)


def _labelled(what: Placeholder, given: Any) -> Any:
    """A word that every table knows in which it is looked up."""
    tables = [load("labels").get(one, {}) for one in sorted(what.tables)]
    known = [word for word in tables[0] if all(word in one for one in tables)]
    return given if given in known else next(iter(known), given)


def _otherwise(found: Mapping[str, Placeholder], base: Context) -> Iterator[dict[str, Any]]:
    for name, what in found.items():
        for value in _others(what, base[name]):
            yield {**base, name: value}


def _others(what: Placeholder, value: Any) -> Iterator[Any]:
    """Everything else it may be, one thing at a time."""
    if what.each is not None and isinstance(value, list):
        yield from ([one, *value[1:]] for one in _others(what.each, value[0]))
        yield from ([], value[:1])
        return
    if isinstance(value, Piece):
        for key, one in what.attributes.items():
            yield from (Piece({**value, key: other}) for other in _others(one, value[key]))
    if isinstance(value, bool):
        yield not value
    yield from (one for one in sorted(what.said, key=str) if one != value)
    if what.is_asked and value is not None:
        yield 0 if isinstance(value, int) else None
    if what.is_asked and value is None:
        yield load("placeholders")["samples"]["text"]


def _with_long_texts(base: Context) -> dict[str, Any]:
    free = {load("placeholders")["samples"][one] for one in FREE}
    long = load("placeholders")["long"] * TIMES
    return {
        name: long if isinstance(value, str) and value in free else value
        for name, value in base.items()
    }
