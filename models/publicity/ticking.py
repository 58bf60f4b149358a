"""What the clock does with the calendar: it asks, and says what is late, each once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.policy import load
from models import localtime, on_duty, outbox
from models.accounts import MAIN
from models.companies import ServiceContract
from models.localtime import local
from models.places import Area
from models.publicity.calendar import Entry, Period, current, entries
from models.publicity.meeting import record
from models.publicity.table import PublicityDue

SHOWN = 3  # names in one message; the console has them all


def propose(session: Session, now: datetime) -> int:
    """What has opened by today, once an area and period; who is to write it hears of it."""
    made = 0
    for entry in entries().values():
        period = current(entry, local(now).date())
        if period is not None:
            areas = _areas(session, entry, period)
            made += sum(_propose(session, entry, period, area, now) for area in areas)
    return made


def remind_late(session: Session, now: datetime) -> int:
    """The day after it was due, whoever has to publish what is mandatory is told."""
    found = _late(session, local(now).date(), PublicityDue.late_at.is_(None))
    for due in found:
        due.late_at = now
        asked = {"writers": _holders(session, due.area_id, entries()[due.entry].writers, now)}
        record(
            session, due, "publicity_late", None, now, parties=asked, context=_facts(session, due)
        )
    return len(found)


def alarm(session: Session, now: datetime) -> int:
    """Some days later the community hears: one message a person, however much is late."""
    days = timedelta(days=load("publicity")["terms"]["alarm_days"])
    found = _late(session, local(now).date() - days, PublicityDue.alarmed_at.is_(None))
    told: dict[int, list[PublicityDue]] = {}
    for due in found:
        due.alarmed_at = now
        record(session, due, "publicity_alarmed", None, now)
        for person_id in _holders(session, due.area_id, load("publicity")["alarm"]["roles"], now):
            told.setdefault(person_id, []).append(due)
    outbox.queue(
        session, [_message(session, person_id, dues, now) for person_id, dues in told.items()]
    )
    return len(found)


def _propose(session: Session, entry: Entry, period: Period, area: Area, now: datetime) -> bool:
    row = session.execute(
        insert(PublicityDue)
        .values(
            entry=entry.key,
            kind=entry.kind,
            area_id=area.id,
            period=period.name,
            label=period.label,
            is_mandatory=entry.is_mandatory,
            opens_on=period.opens_on,
            due_on=period.due_on,
        )
        .on_conflict_do_nothing(index_elements=["entry", "area_id", "period"])
        .returning(PublicityDue.id)
    ).first()
    if row is None:
        return False
    due = session.get_one(PublicityDue, row[0])
    asked = {"writers": _holders(session, area.id, entry.writers, now)}
    record(
        session, due, "publicity_proposed", None, now, parties=asked, context=_facts(session, due)
    )
    return True


def _areas(session: Session, entry: Entry, period: Period) -> Sequence[Area]:
    found = select(Area).where(Area.kind == entry.level).order_by(Area.id)
    if entry.is_contract:
        served = exists().where(
            ServiceContract.estate_id == Area.id,
            ServiceContract.starts_on <= period.ends_on,
            or_(ServiceContract.ends_on.is_(None), ServiceContract.ends_on >= period.ends_on),
        )
        found = found.where(served)
    return session.scalars(found).all()


def _late(session: Session, today: date, untold: ColumnElement[bool]) -> Sequence[PublicityDue]:
    return session.scalars(
        select(PublicityDue)
        .where(
            PublicityDue.is_mandatory.is_(True),
            PublicityDue.due_on < today,
            PublicityDue.met_at.is_(None),
            PublicityDue.dropped_at.is_(None),
            PublicityDue.entry.in_(entries()),
            untold,
        )
        .order_by(PublicityDue.due_on, PublicityDue.id)
    ).all()


def _holders(session: Session, area_id: int, roles: Sequence[str], now: datetime) -> list[int]:
    """Everybody who holds the first of these roles that somebody holds."""
    holders = on_duty.holders_at(session, area_id, now)
    for role in roles:
        if found := [one.person_id for one in holders if one.role == role]:
            return list(dict.fromkeys(found))
    return []


def _facts(session: Session, due: PublicityDue) -> dict[str, object]:
    return {
        "area": session.get_one(Area, due.area_id).name,
        "period": due.label,
        "label": entries()[due.entry].label,
        "due": _noon(due.due_on),
        "is_mandatory": due.is_mandatory,
    }


def _noon(day: date) -> str:
    """A day as templates read moments."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=localtime.SHANGHAI).isoformat()


def _message(
    session: Session, person_id: int, dues: Sequence[PublicityDue], now: datetime
) -> outbox.Draft:
    return {
        "person_id": person_id,
        "account": MAIN,
        "template": "publicity_alarmed",
        "context": {"dues": [_facts(session, due) for due in dues[:SHOWN]], "total": len(dues)},
        "unique_key": f"publicity-alarm:{localtime.start_of_day(now).date()}:{person_id}",
        "created_at": now,
    }
