"""What a template takes: its placeholders, and what it does with each, read from its own text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from typing import Any

from jinja2 import Environment, nodes

from bots.rendering import FILES, shipped

LISTS = frozenset({"join", "length", "selectattr", "rejectattr", "map", "list"})
PASSING = LISTS | {"trim", "default", "int", "abs"}  # whose result is what went in, more or less
MOMENTS = frozenset({"moment", "day"})
NUMBERS = frozenset({"int", "abs"})
ORDERS = frozenset({"lt", "gt", "lteq", "gteq"})


@dataclass
class Placeholder:
    """占位 — a value that a template takes, by what it does with it."""

    filters: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)  # of labels, in which it is looked up
    said: set[str | int] = field(default_factory=set)  # what it is compared with
    attributes: dict[str, "Placeholder"] = field(default_factory=dict)
    each: "Placeholder | None" = None  # of a list
    is_asked: bool = False  # whether something hangs on its being there
    is_number: bool = False

    def attribute(self, name: str) -> "Placeholder":
        return self.attributes.setdefault(name, Placeholder())

    def element(self) -> "Placeholder":
        self.each = self.each or Placeholder()
        return self.each

    @property
    def is_moment(self) -> bool:
        return bool(self.filters & MOMENTS)


@cache
def placeholders(name: str) -> Mapping[str, Placeholder]:
    """Of a template that we ship, by name."""
    environment = shipped()
    source, _, _ = FILES.get_source(environment, f"{name}.txt")
    reader = _Reader(environment)
    reader.read(environment.parse(source).body)
    return reader.found


@cache
def _macros(environment: Environment, template: str) -> Mapping[str, nodes.Macro]:
    source, _, _ = FILES.get_source(environment, template)
    return {one.name: one for one in environment.parse(source).find_all(nodes.Macro)}


class _Reader:
    """Goes through a template and notes what becomes of each name."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.found: dict[str, Placeholder] = {}
        self.here: dict[str, Placeholder | None] = {}  # names the template makes itself
        self.macros: dict[str, nodes.Macro] = {}
        self.beside: dict[str, nodes.Macro] = {}  # in the same file as those it takes

    def read(self, some: Iterable[nodes.Node]) -> None:
        for node in some:
            reading = getattr(self, f"_{type(node).__name__.lower()}", None)
            if reading is None or reading(node):
                self.read(node.iter_child_nodes())

    def of(self, node: nodes.Node | None) -> Placeholder | None:
        """What an expression is about; None for what the template makes up."""
        if isinstance(node, nodes.Name):
            if node.name in self.here:
                return self.here[node.name]
            if node.name in self.environment.globals or node.name in self.macros:
                return None
            return self.found.setdefault(node.name, Placeholder())
        if isinstance(node, nodes.Getattr):
            whole = self.of(node.node)
            return whole.attribute(node.attr) if whole else None
        if isinstance(node, nodes.Getitem):
            whole = self.of(node.node)
            if whole is None or isinstance(node.arg, nodes.Slice):
                return whole
            return whole.element()
        if isinstance(node, nodes.Filter) and node.name in PASSING:
            return self.of(node.node)
        if isinstance(node, nodes.List) and node.items:
            return Placeholder(each=self.of(node.items[0]))
        if isinstance(node, nodes.Dict):
            parts = {_constants(one.key)[0]: self.of(one.value) for one in node.items}
            return Placeholder(attributes={key: one for key, one in parts.items() if one})
        return None

    def _name(self, node: nodes.Name) -> bool:
        self.of(node)
        return False

    def _getattr(self, node: nodes.Getattr) -> bool:
        self.of(node)
        return True

    def _macro(self, node: nodes.Macro) -> bool:
        self.macros[node.name] = node
        self._inside(node, {one.name: self.here.get(one.name) for one in node.args})
        return False

    def _fromimport(self, node: nodes.FromImport) -> bool:
        assert isinstance(node.template, nodes.Const)
        there = _macros(self.environment, node.template.value)
        names = [one if isinstance(one, tuple) else (one, one) for one in node.names]
        self.macros |= {called: there[name] for name, called in names}
        self.beside |= there
        return False

    def _for(self, node: nodes.For) -> bool:
        whole = self.of(node.iter)
        element = whole.element() if whole else None
        kept, self.here = self.here, {**self.here, "loop": None}
        targets = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
        for number, target in enumerate(targets):
            part = element.attribute(str(number)) if element and len(targets) > 1 else element
            self.here[getattr(target, "name", "")] = part
        self.read([node.iter, *node.body, *node.else_, *([node.test] if node.test else [])])
        self.here = kept
        return False

    def _assign(self, node: nodes.Assign) -> bool:
        self.read([node.node])
        if isinstance(node.target, nodes.Tuple):  # pieces of a text
            self.here |= {one.name: None for one in node.target.find_all(nodes.Name)}
        else:
            self.here[getattr(node.target, "name", "")] = self.of(node.node)
        return False

    def _if(self, node: nodes.If | nodes.CondExpr) -> bool:
        for name in [node.test, *node.test.find_all((nodes.Name, nodes.Getattr))]:
            if asked := self.of(name):
                asked.is_asked = True
        return True

    _condexpr = _if

    def _compare(self, node: nodes.Compare) -> bool:
        sides = [node.expr, *(one.expr for one in node.ops)]
        is_number = any(one.op in ORDERS for one in node.ops)
        for side, other in permutations(sides, 2):
            if about := self.of(side):
                if isinstance(node.expr, nodes.Const) and node.ops[0].op in ("in", "notin"):
                    about = about.element()
                about.said |= set(_constants(other))
                about.is_number |= is_number
        return True

    def _filter(self, node: nodes.Filter) -> bool:
        about = self.of(node.node)
        if about is not None:
            about.filters.add(node.name)
            about.is_number |= node.name in NUMBERS
            if node.name in LISTS:
                about.element()
            if node.name in ("selectattr", "rejectattr"):
                about.element().attribute(str(_constants(node.args[0])[0]))
            if node.name == "label":
                about.tables |= set(_constants(node.args[0]))
        return True

    def _call(self, node: nodes.Call) -> bool:
        macro = self._called(node.node)
        if macro is not None:
            given = {
                one.name: self.of(arg) for one, arg in zip(macro.args, node.args, strict=False)
            }
            self._inside(macro, given)
        elif isinstance(node.node, nodes.Getattr):
            self.read([node.node.node])  # a method of a text
        self.read(node.args)
        return False

    def _called(self, node: nodes.Node) -> nodes.Macro | None:
        parts = _macros(self.environment, "_parts.txt")
        if isinstance(node, nodes.Getattr) and getattr(node.node, "name", "") == "p":
            return parts.get(node.attr)
        name = getattr(node, "name", "")
        return (self.macros | self.beside).get(name) or parts.get(name)

    def _inside(self, macro: nodes.Macro, given: Mapping[str, Placeholder | None]) -> None:
        unsaid: dict[str, Placeholder | None] = {one.name: None for one in macro.args}
        kept, self.here = self.here, {**unsaid, **given}
        self.read(macro.body)
        self.here = kept


def _constants(node: nodes.Node) -> list[Any]:
    if isinstance(node, nodes.Const):
        return [node.value]
    is_several = isinstance(node, nodes.Tuple | nodes.List)
    return [one.value for one in node.find_all(nodes.Const)] if is_several else []
