"""XML or JSON of the platform → nested dicts of strings. Strict, without entities or DTDs."""

import json
from typing import Any, NoReturn
from xml.parsers import expat

from app.wechat.refusals import Malformed

Tree = dict[str, Any]  # values are str, Tree, or a list of these

DEPTH = 10  # WeChat nests four deep


def is_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def read_tree(body: bytes) -> Tree:
    """The elements below the root. Raises Malformed for whatever no platform would send."""
    if b"\x00" in body:  # UTF-16 and its like, which expat would read whatever it was told
        raise Malformed("a NUL")
    if is_json(body):
        return _read_json(body)
    return _TreeBuilder().read(body)


class _TreeBuilder:
    """Expat's events into dicts: a third of the time of a general-purpose reader."""

    def __init__(self) -> None:
        self._open: list[tuple[str, Tree, list[str]]] = []
        self._root: Tree | str | None = None
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self, body: bytes) -> Tree:
        try:
            self._parser.Parse(body, True)
        except expat.ExpatError as failure:
            raise Malformed("not well-formed XML") from failure
        finally:
            # The parser holds our methods and we hold the parser: a circle for the collector.
            self._parser = None  # type: ignore[assignment]
        if not isinstance(self._root, dict):
            raise Malformed("an empty root")
        return self._root

    def _start(self, name: str, _: dict[str, str]) -> None:
        if len(self._open) >= DEPTH:
            raise Malformed("nested too deep")
        if not self._open and name != "xml":
            raise Malformed("another root than xml")
        self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _end(self, _: str) -> None:
        name, children, pieces = self._open.pop()
        text = "".join(pieces).strip()
        if children and text:
            raise Malformed("text between elements")
        value: Tree | str = children or text
        if not self._open:
            self._root = value
            return
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]

    @staticmethod
    def _doctype(*_: object) -> NoReturn:
        raise Malformed("a document type")


def _read_json(body: bytes) -> Tree:
    try:
        value = json.loads(
            body,
            parse_int=str,
            parse_float=str,
            parse_constant=_no_number,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as failure:
        raise Malformed("not JSON") from failure
    tree: Tree = _cleaned(value, 0)
    return tree


def _without_repeats(pairs: list[tuple[str, Any]]) -> Tree:
    if len(tree := dict(pairs)) != len(pairs):
        raise Malformed("a repeated key")
    return tree


def _no_number(_: str) -> NoReturn:
    raise Malformed("not a number")


def _cleaned(value: Any, depth: int) -> Any:
    """The same tree XML would give; what JSON can say and XML can not is refused."""
    if depth >= DEPTH:
        raise Malformed("nested too deep")
    if isinstance(value, dict):
        return {_cleaned(key, depth): _cleaned(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _storable(value)


def _storable(text: str) -> str:
    """No NUL, which PostgreSQL can not keep, and no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as failure:
        raise Malformed("half a character") from failure
    if "\x00" in text:
        raise Malformed("a NUL")
    return text.strip()
