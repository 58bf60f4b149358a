"""A list of the console with its groups: a page of rows, and how long each group is."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol

from flask import request
from sqlalchemy.orm import Session

from models.listed import PAGE
from models.tickets.asked import number_in

USUAL = ("area", "from", "to", "q")  # what of an address narrows a list


class Lists(Protocol):
    """清单来源 — what the lists of one subject know: `models.operations.desk` is one."""

    wanted_of: Any
    counts: Any
    rows: Any


def grouped(
    session: Session, lists: Lists, sight: Any, usual: StrEnum, keys: Sequence[str]
) -> dict[str, Any]:
    """`usual` is the group that is offered even while it is empty; `keys` narrow every group."""
    wanted, before = lists.wanted_of(request.args), number_in(request.args.get("before", ""))
    counts = lists.counts(session, sight, wanted)
    found = lists.rows(session, sight, wanted, before, PAGE + 1)
    return {
        **page_of(found),
        "counts": counts,
        "groups": [one for one in counts if counts[one] or one in (usual, wanted.group)],
        "wanted": wanted,
        "query": {name: request.args[name] for name in keys if request.args.get(name)},
    }


def page_of(found: Sequence[Any]) -> dict[str, Any]:
    """Of rows read to one more than a page: those of the page, and after which the next begins."""
    return {
        "rows": found[:PAGE],
        "next": found[PAGE - 1].id if len(found) > PAGE else None,
    }
