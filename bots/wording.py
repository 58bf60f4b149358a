"""What staff wrote over the templates: read from the policies, and said by this process."""

from collections.abc import Sequence
from functools import cache, partial

import structlog
from sqlalchemy.orm import Session

from bots import naming
from bots.rendering import HERE, WORDING
from models import policies
from models.policies import ITEM
from models.reference import looked_up

POLICY = "wording"  # its name among the policies, before that of the template

log = structlog.get_logger(__name__)


def follow(session: Session) -> None:
    """Has this process say what staff wrote last; every process that renders asks each second."""
    written = looked_up(session, POLICY, partial(written_by_staff, session))
    if written != WORDING.written:
        WORDING.use(written)
        log.info("wording_swapped", templates=len(written))
    naming.follow(session)


def written_by_staff(session: Session) -> dict[str, str]:
    """Template → text, of those that differ from the files now."""
    rows = policies.in_force(session, POLICY)
    there = set(names())
    texts = {one.name.partition(ITEM)[2]: one.body.get("text") for one in rows}
    return {name: text for name, text in texts.items() if text and name in there}


@cache
def names() -> Sequence[str]:
    """Every template that we ship, by its path without the ending."""
    found = (path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.txt"))
    return tuple(sorted(found))


@cache
def text_as_shipped(name: str) -> str:
    return (HERE / f"{name}.txt").read_text("utf-8").rstrip("\n")
