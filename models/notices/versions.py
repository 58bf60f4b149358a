"""A published notice as anybody may read it, with the versions before and after it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.notices import lists
from models.notices.table import OUT, Notice


def published(session: Session, number: int) -> Notice | None:
    """The notice with this number, if it is out."""
    return session.scalars(select(Notice).where(Notice.id == number, Notice.state.in_(OUT))).first()


def versions_of(session: Session, notice: Notice) -> list[Notice]:
    """Every version that is out, the first one first; the last one counts."""
    first = notice
    while first.corrects_id is not None:
        first = session.get_one(Notice, first.corrects_id)
    found = [first]
    while (newer := lists.correction_of(session, found[-1])) is not None and newer.state in OUT:
        found.append(newer)
    return found
