"""What years leave behind in a store beside tickets: messages, notices, looks, hazards, runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import case, insert, select, text, update

from config.categories import CATEGORIES, Urgency
from models.access_log import Access, Looked
from models.accounts import MAIN
from models.base import Base, Database
from models.hazards.flow import Entry, Finder, HazardState
from models.hazards.table import Hazard
from models.job_runs import JobRun, RunState
from models.notices.table import Notice, NoticeRead, NoticeState
from models.outbox import Delivery, OutboxMessage
from models.people import Person
from models.places import Area, AreaKind, add_area
from models.posts import Post, Role
from models.tickets.table import Ticket
from tests.bench.bulk import Row, bring, settle_down

MESSAGES, NOTICES, LOOKS, HAZARDS, RUNS = 100_000, 300, 20_000, 5_000, 20_000
TROUBLED_SHARE = 0.03
CHUNK = 2000
DESK = Role.COMMUNITY_STAFF


@dataclass
class Years:
    """往年 — who and what the rows of past years point to, and the rows."""

    now: datetime
    people: Sequence[int]
    staff: Sequence[int]
    places: Sequence[tuple[int, int]]  # building, community
    tickets: Sequence[int]
    chance: Random

    def message(self, number: int) -> Row:
        is_troubled = self.chance.random() < TROUBLED_SHARE
        at = self._ago(MESSAGES - number)
        return {
            "person_id": self.chance.choice(self.people),
            "account": MAIN,
            "template": "ticket_accepted",
            "context": {"ticket_id": number},
            "unique_key": f"bench:{number}",
            "ticket_id": self.tickets[number % len(self.tickets)],
            "state": Delivery.FAILED if is_troubled else Delivery.CONFIRMED,
            "errcode": 45015 if is_troubled else None,
            "not_before": at,
            "created_at": at,
            "sent_at": at,
        }

    def look(self, number: int) -> Row:
        return {
            "person_id": self.chance.choice(self.staff),
            "subject_id": self.chance.choice(self.people),
            "what": Looked.CONTACT,
            "at": self._ago(LOOKS - number),
        }

    def hazard(self, number: int) -> Row:
        area_id, community_id = self.chance.choice(self.places)
        at = self._ago(HAZARDS - number)
        return {
            "account": MAIN,
            "finder_id": self.chance.choice(self.staff),
            "found_by": Finder.STAFF,
            "entry": Entry.SAID,
            "text": "楼道堆了旧家具，走路要侧身",
            "category": self.chance.choice(sorted(CATEGORIES)),
            "urgency": Urgency.NORMAL,
            "confidence": 0.9,
            "evidence": [["楼道", 1.0]],
            "area_id": area_id,
            "community_id": community_id,
            "state": HazardState.SOLVED,
            "found_at": at,
            "moved_at": at,
        }

    def run(self, number: int) -> Row:
        at = self._ago(RUNS - number)
        return {
            "job": self.chance.choice(("ticket_clock", "dispatch_ownerless", "morning_digest")),
            "due_at": at,
            "state": RunState.FAILED if self.chance.random() < 0.01 else RunState.DONE,
            "is_manual": False,
            "attempts": 1,
            "started_at": at,
            "finished_at": at + timedelta(seconds=1),
        }

    def _ago(self, steps: int) -> datetime:
        return self.now - steps * timedelta(minutes=7)


ROWS: Mapping[type[Base], tuple[int, Callable[[Years, int], Row]]] = {
    OutboxMessage: (MESSAGES, Years.message),
    Access: (LOOKS, Years.look),
    Hazard: (HAZARDS, Years.hazard),
    JobRun: (RUNS, Years.run),
}


def leave_behind(database: Database, now: datetime) -> None:
    """All of it but the tickets, which must be there."""
    with database.reading() as session:
        people = session.scalars(select(Person.id)).all()
        staff = session.scalars(select(Post.person_id).where(Post.role == DESK)).all()
        is_building = Area.kind == AreaKind.BUILDING
        places = session.execute(select(Area.id, Area.community_id).where(is_building)).all()
        tickets = session.scalars(select(Ticket.id).limit(MESSAGES)).all()
    years = Years(now, people, staff, [tuple(one) for one in places], tickets, Random(2026))
    for table, (many, make) in ROWS.items():
        for first in range(0, many, CHUNK):
            numbers = range(first, min(first + CHUNK, many))
            with database.writing() as session:
                bring(session, table, [make(years, number) for number in numbers])
    _publish(database, years)
    settle_down(database)


def _publish(database: Database, years: Years) -> None:
    with database.writing() as session:
        community = session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY)).first()
        assert community is not None
        for number in range(NOTICES):
            at = years.now - timedelta(days=NOTICES - number)
            notice = Notice(
                account=MAIN,
                kind="policy",
                title=f"第{number}次清理楼道的安排",
                body="请各家把楼道里的东西搬走。",
                area_id=community.id,
                state=NoticeState.PUBLISHED,
                author_id=years.staff[0],
                reviewer_id=years.staff[1],
                created_at=at,
                published_at=at,
                window_ends_at=at + timedelta(days=7),
            )
            session.add(notice)
            session.flush()
            readers = years.people[number % 7 :: 200]
            reads = [{"notice_id": notice.id, "person_id": who, "at": at} for who in readers]
            session.execute(insert(NoticeRead), reads)


def spread(database: Database, communities: int, now: datetime) -> None:
    """So many communities in all, and the tickets over all of them."""
    with database.writing() as session:
        subdistrict = session.scalars(select(Area).where(Area.kind == AreaKind.SUBDISTRICT)).one()
        found = list(session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNITY)))
        for number in range(len(found), communities):
            name = f"第{number}号社区"
            found.append(add_area(session, AreaKind.COMMUNITY, name, within=[subdistrict]))
            worker = Person(name=f"{name}的社区工作人员", created_at=now)
            session.add(worker)
            session.flush()
            session.add(Post(person_id=worker.id, role=DESK, area_id=found[-1].id, since=now))
        of = dict(enumerate(one.id for one in found))
        community_id = case(of, value=Ticket.id % len(of))
        if not database.is_sqlite:
            session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(update(Ticket).values(area_id=community_id, community_id=community_id))
    settle_down(database)
