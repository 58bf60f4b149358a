"""One level of a push's elements, read by name. Raises Malformed for what can not be."""

import math
from datetime import UTC, datetime
from typing import Any

from app.wechat.refusals import Malformed
from app.wechat.tree import Tree

NAME_LENGTH = 64  # of an openid, a MsgId; WeChat's have 28 and about 19


class Elements:
    """Reads elements as what they must be, and knows which nobody has read."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._used = {"MsgId", "Encrypt"}
        self._gathered: Tree = {}
        if any(isinstance(value, list) for name, value in tree.items() if name != "List"):
            raise Malformed("a repeated element")

    def text(self, name: str) -> str | None:
        self._used.add(name)
        value = self.tree.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise Malformed(f"{name} is no text")
        return value

    def needed(self, name: str) -> str:
        if (value := self.text(name)) is None:
            raise Malformed(f"no {name}")
        return value

    def present(self, name: str) -> str:
        """There, though it may say nothing."""
        if name not in self.tree:
            raise Malformed(f"no {name}")
        return self.text(name) or ""

    def name(self, name: str) -> str:
        value = self.needed(name)
        if len(value) > NAME_LENGTH or not value.isascii() or not value.isprintable():
            raise Malformed(f"{name} is no name")
        return value

    def degrees(self, name: str, most: float) -> float:
        try:
            value = float(self.needed(name))
        except ValueError as failure:
            raise Malformed(f"{name} is no number") from failure
        if not math.isfinite(value) or abs(value) > most:
            raise Malformed(f"{name} is nowhere on earth")
        return value

    def moment(self, name: str) -> datetime:
        value = self.needed(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 12):
            raise Malformed(f"{name} is no moment")
        try:
            return datetime.fromtimestamp(int(value), UTC)
        except (ValueError, OverflowError, OSError) as failure:
            raise Malformed(f"{name} is no moment") from failure

    def inner(self, name: str) -> "Elements":
        """The elements inside one; none when it is empty."""
        value = self.tree.get(name) or {}
        if not isinstance(value, dict):
            raise Malformed(f"{name} has no elements")
        return Elements(value)

    def gather_entries(self, tags: tuple[str, ...]) -> None:
        """Puts the entries into `List`, whether they came bare, tagged, many or one."""
        holder = next((self.tree[tag] for tag in tags if tag in self.tree), self.tree)
        found = holder.get("List", []) if isinstance(holder, dict) else holder or []
        entries = found if isinstance(found, list) else [found]
        if not all(isinstance(entry, dict) for entry in entries):
            raise Malformed("List has no entries")
        self._used.update(tags)
        self._gathered = {"List": entries}

    def leave(self, name: str) -> None:
        """Was read, and is wanted in the rest all the same."""
        self._used.discard(name)

    def rest(self) -> dict[str, Any]:
        left = {name: value for name, value in self.tree.items() if name not in self._used}
        return left | self._gathered
