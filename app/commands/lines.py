"""JSON lines as people give them: each is read, and what is wrong is said with its number."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


class BadLine(ValueError):
    """坏行 — a line that can not be used, with its number and the reason."""


@dataclass(frozen=True)
class Line:
    """行 — one JSON object and where it stood."""

    number: int
    fields: dict[str, Any]


def json_lines(source: Iterable[bytes]) -> Iterator[Line | BadLine]:
    """Every line that is not blank, as an object or as what is wrong with it."""
    for number, raw in enumerate(source, start=1):
        if not raw.strip():
            continue
        try:
            fields = json.loads(raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            yield BadLine(f"line {number}: not UTF-8")
        except json.JSONDecodeError as problem:
            yield BadLine(f"line {number}: not JSON ({problem.msg})")
        except RecursionError:
            yield BadLine(f"line {number}: nested too deeply")
        else:
            if isinstance(fields, dict):
                yield Line(number, fields)
            else:
                yield BadLine(f"line {number}: not an object")


def text_field(line: Line, name: str, *, needed: bool) -> str | None:
    """A field that is text or, where it may be missing, None."""
    value = line.fields.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str):
        raise BadLine(f"line {line.number}: {name!r} must be text")
    if needed and not value.strip():
        raise BadLine(f"line {line.number}: {name!r} is empty")
    return value
