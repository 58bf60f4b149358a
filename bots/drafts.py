"""Drafts of templates by staff: whether people would still be told what they must be told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, UndefinedError, meta, nodes

from bots import samples
from bots.growth import outgrown
from bots.placeholders import placeholders
from bots.rendering import HERE, PARTS, WORDING, by_staff, shipped
from bots.wording import names, text_as_shipped
from config.policy import load

CHOICE = re.compile(r"^(\d) ", re.MULTILINE)  # a numbered answer, as people are offered it
LONGEST = 10_000
RESERVED = frozenset({"self", "super", "caller", "varargs", "kwargs"})  # filled by jinja itself
PIECES = "_parts"  # at hand in every template, as `p`
GROUP_ROBOTS = "*_group"
UNDEFINED = re.compile(r"'([^']+)' is undefined|no attribute '([^']+)'")


@dataclass(frozen=True)
class Problem:
    """问题 — what is wrong with a draft, and where."""

    why: str
    line: int = 0
    what: str = ""
    context: Mapping[str, Any] = field(default_factory=dict, compare=False)


def problems(name: str, text: str) -> list[Problem]:
    """Everything for which this text can not stand for that template; nothing: it can."""
    if not text.strip():
        return [Problem("empty")]
    if len(text) > LONGEST:
        return [Problem("too_large", context={"most": LONGEST})]
    try:
        tree = _empty().parse(text)
        # One after the other: who looks for unknown names works out what is constant.
        found = list(_strange(tree)) or list(_grown(name, tree)) or list(_unknown(name, tree))
    except TemplateSyntaxError as broken:
        lines = text.split("\n")
        said = lines[broken.lineno - 1] if broken.lineno <= len(lines) else ""
        return [Problem("syntax", broken.lineno, said.strip())]
    except RecursionError:
        return [Problem("strange")]
    if found:
        return found
    # Not before all of it is known to be harmless: what is constant is worked out on the way.
    environment = by_staff({**WORDING.written, name: text})
    cases = (case for one in speaking(name) for case in _compared(one, name, environment))
    return list(dict.fromkeys(cases))


def speaking(name: str) -> list[str]:
    """The templates by which it is said: itself, or those that take pieces from it."""
    if name not in PARTS:
        return [name]
    mark = "p." if name == PIECES else f'"{name}.txt"'
    return [one for one in names() if one not in PARTS and mark in text_as_shipped(one)]


def most_bytes(name: str) -> int:
    """What the platform takes of such a message."""
    if fnmatchcase(name, GROUP_ROBOTS):
        return int(load("reports")["group_robot"]["most_bytes"])
    return int(load("channels")["delivery"]["text_bytes"])


@cache
def _empty() -> Environment:
    """Reads drafts: what is constant in them is worked out under the rules of the sandbox."""
    return by_staff({})


@cache
def _grammar() -> frozenset[tuple[str, str]]:
    """All that our own templates make use of: nothing else is needed to say something."""
    sources = (path.read_text("utf-8") for path in HERE.rglob("*.txt"))
    return frozenset(one for source in sources for _, one in _used(shipped().parse(source)))


def _used(tree: nodes.Template) -> Iterator[tuple[int, tuple[str, str]]]:
    for node in tree.find_all(nodes.Node):
        yield node.lineno, (type(node).__name__, "")
        if isinstance(node, nodes.Filter | nodes.Test):
            yield node.lineno, (type(node).__name__, node.name)
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            yield node.lineno, ("Getattr", "_")
        if isinstance(node, nodes.Call):
            yield node.lineno, ("Call", _called(node.node))
        if isinstance(node, nodes.Name) and node.name in RESERVED:
            yield node.lineno, ("Name", node.name)
        if isinstance(node, nodes.FromImport) and isinstance(node.template, nodes.Const):
            yield node.lineno, ("FromImport", str(node.template.value))


def _called(node: nodes.Node) -> str:
    """The method of a text by its name; pieces of ours are told apart by who they are."""
    is_method = isinstance(node, nodes.Getattr) and getattr(node.node, "name", "") != "p"
    return str(getattr(node, "attr", "")) if is_method else "p"


def _strange(tree: nodes.Template) -> Iterator[Problem]:
    known = _grammar()
    for line, (kind, name) in _used(tree):
        if (kind, name) not in known:
            yield Problem("strange", line, name)


def _grown(name: str, tree: nodes.Template) -> Iterator[Problem]:
    if outgrown(tree, shipped().parse(text_as_shipped(name))):
        yield Problem("strange")


def _unknown(name: str, tree: nodes.Template) -> Iterator[Problem]:
    ours = shipped().parse(text_as_shipped(name))
    known = {*placeholders(name), *meta.find_undeclared_variables(ours), "p"}
    for one in sorted(meta.find_undeclared_variables(tree) - known):
        lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == one]
        near = get_close_matches(one, known, 1)
        yield Problem("unknown", min(lines, default=0), one, {"near": near[0] if near else ""})
    pieces = vars(shipped().globals["p"])
    for node in tree.find_all(nodes.Getattr):
        if getattr(node.node, "name", "") == "p" and node.attr not in pieces:
            yield Problem("unknown", node.lineno, f"p.{node.attr}")


def _compared(name: str, draft: str, environment: Environment) -> Iterator[Problem]:
    """In each case that we can think of: what our own words say that the draft does not."""
    template = environment.get_template(f"{name}.txt")
    for number, context in enumerate(samples.contexts(name)):
        ours = samples.said_as_shipped(name, context) or ""
        try:
            # What a piece is given is its templates' affair, and they are not touched.
            given = samples.necessary(name, number) if name == draft else context
            theirs = template.render(given).strip()
        except UndefinedError as missing:
            found = UNDEFINED.search(str(missing))
            yield Problem("missing", what=(found[1] or found[2]) if found else "")
            continue
        except Exception as failure:
            yield Problem("unfilled", what=type(failure).__name__)
            continue
        yield from _lost(name, context, ours, theirs)


def _lost(name: str, context: samples.Context, ours: str, theirs: str) -> Iterator[Problem]:
    if ours and not theirs:
        yield Problem("silent", what=name)
    rules = load("placeholders")
    for one in rules["keep"]:
        said = str(context.get(one) or "")
        if said and said in ours and said not in theirs:
            yield Problem("lost", what=one)
    for word in rules["keep_words"]:
        if word in ours and word not in theirs:
            yield Problem("lost_word", what=word)
    for digit in sorted(set(CHOICE.findall(ours)) - set(CHOICE.findall(theirs))):
        yield Problem("lost_choice", what=digit)
    size, most = len(theirs.encode()), most_bytes(name)
    if size > most >= len(ours.encode()):
        yield Problem("too_long", what=name, context={"size": size, "most": most})
