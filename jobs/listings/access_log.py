"""The log of looks as a sheet: who looked, at whom by number, when and for which ticket."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, title, word
from jobs.sheets import Value
from models import access_log
from models.access_log import Access, Looked, Wanted
from models.localtime import SHANGHAI
from models.people import Person
from models.tickets.asked import number_in, word_in

LONGEST_NAME = 30
ONE_DAY = timedelta(days=1)


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """A value that means nothing narrows nothing."""
    last = _midnight(query.get("to", ""))
    return Wanted(
        who=query.get("who", "").strip()[:LONGEST_NAME],
        what=word_in(Looked, query.get("what")),
        subject_id=number_in(query.get("subject", "")),
        since=_midnight(query.get("from", "")),
        until=last + ONE_DAY if last else None,
    )


@listing("access_log")
class AccessLog:
    """查看记录清单 — names of who looked; whom they looked at stays a number here, too."""

    keys = ("who", "what", "subject", "from", "to")

    def count(self, session: Session, _: int, query: Query, now: datetime, most: int) -> int:
        return access_log.count(session, wanted_of(query), most)

    def page(
        self, session: Session, _: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        found = access_log.latest(session, wanted_of(query), after or None, PAGE)
        names = names_of(session, found)
        further = found[-1].id if len(found) == PAGE else None
        return [_cells(one, names) for one in found], further


def names_of(session: Session, looks: Sequence[Access]) -> dict[int, str]:
    rows = session.execute(
        select(Person.id, Person.name).where(Person.id.in_({one.person_id for one in looks}))
    )
    return {person_id: name or "" for person_id, name in rows}


def _cells(one: Access, names: Mapping[int, str]) -> Sequence[Value]:
    return (
        moment(one.at),
        names.get(one.person_id, ""),
        word(one.what, "looked"),
        title(one.listing) if one.listing else one.subject_id or one.mediation_id,
        one.amount,
        f"#{one.ticket_id}" if one.ticket_id else "",
    )


def _midnight(text: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), SHANGHAI)
    except ValueError:
        return None
