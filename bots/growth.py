"""How much a template can make of what it is given: a draft no more than the words we ship."""

from collections import Counter
from collections.abc import Iterator

from jinja2 import nodes

SPARE = Counter({"constants": 200, "Concat": 2, "Add": 2, "join": 1})
"""More of these than we use, few enough that what they make stays small."""


def outgrown(draft: nodes.Template, ours: nodes.Template) -> list[str]:
    """What there is more of in the draft than a sentence needs: each could double and double."""
    return sorted(_measured(draft) - _measured(ours) - SPARE)


def _measured(tree: nodes.Template) -> Counter[str]:
    repeating = (nodes.Assign, nodes.For, nodes.Macro, nodes.Concat, nodes.Add)
    found = Counter(type(one).__name__ for one in tree.find_all(repeating))
    found["join"] = sum(one.name == "join" for one in tree.find_all(nodes.Filter))
    found["within"] = _depth(tree)
    texts = (one.value for one in tree.find_all(nodes.Const) if isinstance(one.value, str))
    found["constants"] = sum(map(len, texts))
    return found + Counter(_calls(tree))


def _depth(node: nodes.Node) -> int:
    """Of loops inside loops."""
    inside = max(map(_depth, node.iter_child_nodes()), default=0)
    return inside + isinstance(node, nodes.For)


def _calls(tree: nodes.Template) -> Iterator[str]:
    """By macros: one that calls itself twice never ends."""
    for macro in tree.find_all(nodes.Macro):
        for call in macro.find_all(nodes.Call):
            yield f"{macro.name}>{getattr(call.node, 'name', '')}"
