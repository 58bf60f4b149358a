"""A published notice as anybody may read it, with the versions before and after it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.notices import lists
from models.notices.table import OUT, Channel, Notice


def published(session: Session, number: int) -> Notice | None:
    """The notice with this number, if it is out and has a page."""
    found = session.scalars(
        select(Notice).where(Notice.id == number, Notice.state.in_(OUT))
    ).first()
    return found if found is not None and Channel.PAGE in found.channels else None


def versions_of(session: Session, notice: Notice) -> list[Notice]:
    """Every version that is out, the first one first; the last one counts."""
    return [one for one in all_versions(session, notice) if one.state in OUT]


def all_versions(session: Session, notice: Notice) -> list[Notice]:
    """With the one on its way, if there is one: for staff."""
    first = notice
    while first.corrects_id is not None:
        first = session.get_one(Notice, first.corrects_id)
    found = [first]
    while (newer := lists.correction_of(session, found[-1])) is not None:
        found.append(newer)
    return found
