"""The calendar of publicity: proposed in time, met by what is published, told of when late."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Database
from models.errors import AlreadyDone, NotAllowed
from models.events import Event
from models.notices import actions
from models.notices.table import Notice, NoticeState, kinds
from models.publicity import dues, ticking
from models.publicity.calendar import Every, current, entries
from models.publicity.table import PublicityDue
from tests import factories
from tests.messages import recent

OPENED = datetime(2026, 4, 1, 1, 5, tzinfo=UTC)  # the first quarter is over
LATE = OPENED + timedelta(days=31)
ACCOUNTS = "property_accounts"


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database, OPENED - timedelta(days=100))
    return database


def staff(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "community_staff", count)


def accounts(session: Session, estate: str = factories.ESTATE) -> PublicityDue:
    return session.scalars(
        select(PublicityDue).where(
            PublicityDue.entry == ACCOUNTS,
            PublicityDue.area_id == factories.area_named(session, estate).id,
        )
    ).one()


def published(session: Session, notice: Notice, at: datetime) -> None:
    actions.review(session, notice, by=staff(session, 2), at=at)
    actions.schedule(session, notice, publish_at=at, by=staff(session, 2), at=at)
    actions.publish(session, notice, at=at)


def written(session: Session, kind: str, at: datetime, area: str = factories.ESTATE) -> Notice:
    return actions.draft(
        session,
        kind=kind,
        title="公示",
        body="内容",
        area_id=factories.area_named(session, area).id,
        by=staff(session),
        at=at,
    )


def told(session: Session, person_id: int) -> list[str]:
    return [one.template for one in recent(session, person_id)]


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.sampled_from(sorted(entries())))
def test_what_is_open_on_a_day_is_open_from_its_opening_until_it_is_due(
    day: date, key: str
) -> None:
    entry = entries()[key]
    period = current(entry, day)
    if period is None:
        return
    assert period.opens_on <= day <= period.due_on
    assert period.ends_on <= period.opens_on
    assert current(entry, period.opens_on) == period == current(entry, period.due_on)
    assert period.due_on - period.opens_on == timedelta(days=entry.days)


@pytest.mark.parametrize(
    ("key", "day", "name", "label"),
    [
        (ACCOUNTS, date(2026, 4, 1), "2026-Q1", "2026年第一季度"),
        (ACCOUNTS, date(2026, 5, 1), "2026-Q1", "2026年第一季度"),
        (ACCOUNTS, date(2026, 5, 2), None, None),
        (ACCOUNTS, date(2027, 1, 31), "2026-Q4", "2026年第四季度"),
        ("points", date(2026, 3, 3), "2026-M2", "2026年2月"),
        ("property_service", date(2026, 1, 5), "2025-Y1", "2025年"),
        ("star_rating", date(2026, 7, 1), "2026-H1", "2026年上半年"),
        ("ebike_summer", date(2026, 6, 1), "2026-S", "2026年"),
        ("ebike_summer", date(2026, 5, 31), None, None),
    ],
)
def test_a_turn_is_named_by_the_period_it_tells_of(
    key: str, day: date, name: str | None, label: str | None
) -> None:
    period = current(entries()[key], day)
    assert (period and period.name, period and period.label) == (name, label)


def test_every_entry_of_the_calendar_fits_the_kinds_and_is_asked_once_a_turn() -> None:
    for key, entry in entries().items():
        assert entry.kind in kinds(), key
        filled = {"area": "幸福里小区", "period": "2026年"}
        assert "{" not in entry.title.format(**filled) + entry.body.format(**filled)
        assert (entry.every is Every.SEASON) == bool(entry.opens), key
        opened = {
            period.name
            for day in range(366)
            if (period := current(entry, date(2026, 1, 1) + timedelta(days=day)))
        }
        turns = {"month": 12, "quarter": 4, "half_year": 2, "year": 1, "season": 1}[entry.every]
        assert turns <= len(opened) <= turns + 1, key


def test_what_opens_is_proposed_once_to_whoever_has_to_write_it(store: Database) -> None:
    factories.town(store, OPENED - timedelta(days=100))
    with store.writing() as session:
        made = ticking.propose(session, OPENED)
        assert made > 4 and ticking.propose(session, OPENED + timedelta(days=1)) == 0
        due = accounts(session)
        assert (due.period, due.due_on) == ("2026-Q1", date(2026, 5, 1))
        assert told(session, factories.demo_person(session, "property_staff")) == [
            "publicity_proposed"
        ]
        served = {
            one.area_id for one in session.scalars(select(PublicityDue)) if one.entry == ACCOUNTS
        }
        names = ("幸福里小区", "阳光花园", "和平家园", "春风苑")
        assert served == {factories.area_named(session, name).id for name in names}


def test_a_draft_begins_with_what_the_calendar_proposes_and_meets_it_when_it_is_out(
    town: Database,
) -> None:
    with town.writing() as session:
        ticking.propose(session, OPENED)
        due = accounts(session)
        company = factories.demo_person(session, "property_staff")
        notice = dues.begin(session, due, by=company, at=OPENED)
        assert notice.title == "幸福里小区2026年第一季度收支公示" and "公共收益" in notice.body
        assert dues.begin(session, due, by=staff(session), at=OPENED) is notice, "begun before"
        assert due.is_open
        published(session, notice, OPENED)
        assert due.met_at == OPENED and due.notice_id == notice.id
        with pytest.raises(AlreadyDone):
            dues.begin(session, due, by=company, at=OPENED)
        assert ticking.remind_late(session, LATE) > 2 and due.late_at is None


def test_a_notice_of_the_kind_meets_the_earliest_due_of_each_area_it_is_for(
    town: Database,
) -> None:
    with town.writing() as session:
        ticking.propose(session, OPENED)
        ticking.propose(session, OPENED + timedelta(days=91))
        both = written(session, "income_expense", LATE, "幸福社区")
        published(session, both, LATE)
        met = session.scalars(select(PublicityDue).where(PublicityDue.notice_id == both.id)).all()
        assert {(one.area_id, one.period) for one in met} == {
            (factories.area_named(session, name).id, "2026-Q1")
            for name in ("幸福里小区", "阳光花园")
        }


def test_a_withdrawn_draft_leaves_it_open_and_another_may_be_begun(town: Database) -> None:
    with town.writing() as session:
        ticking.propose(session, OPENED)
        due = accounts(session)
        first = dues.begin(session, due, by=staff(session), at=OPENED)
        actions.withdraw(session, first, by=staff(session), at=OPENED)
        second = dues.begin(session, due, by=staff(session), at=OPENED)
        assert second is not first and first.state == NoticeState.WITHDRAWN


def test_a_correction_meets_nothing_of_a_later_quarter(town: Database) -> None:
    with town.writing() as session:
        ticking.propose(session, OPENED)
        notice = written(session, "income_expense", OPENED)
        published(session, notice, OPENED)
        ticking.propose(session, OPENED + timedelta(days=91))
        later = OPENED + timedelta(days=92)
        newer = actions.correct(
            session, notice, title="更正", body="改", by=staff(session), at=later
        )
        published(session, newer, later)
        open_ones = session.scalars(
            select(PublicityDue.period).where(
                PublicityDue.entry == ACCOUNTS,
                PublicityDue.met_at.is_(None),
                PublicityDue.area_id == notice.area_id,
            )
        ).all()
        assert open_ones == ["2026-Q2"]


def test_what_is_late_is_told_to_the_company_and_then_to_the_community_each_once(
    store: Database,
) -> None:
    factories.town(store, OPENED - timedelta(days=100))
    with store.writing() as session:
        ticking.propose(session, OPENED)
        company, community = factories.demo_person(session, "property_staff"), staff(session)
        ticking.remind_late(session, LATE - timedelta(days=1))
        assert accounts(session).late_at is None, "the last day counts"
        assert ticking.remind_late(session, LATE) == 4, "one an estate"
        assert ticking.remind_late(session, LATE) == 0
        assert told(session, company)[0] == "publicity_late"
        ticking.alarm(session, LATE)
        assert accounts(session).alarmed_at is None, "the company first"
        before = len(told(session, community))
        assert ticking.alarm(session, LATE + timedelta(days=3)) == 4
        assert ticking.alarm(session, LATE + timedelta(days=4)) == 0
        assert len(told(session, community)) == before + 1, "one message for all of it"
        assert told(session, community)[0] == "publicity_alarmed"
        sent = recent(session, community)[0].context
        assert sent["total"] >= 2 and len(sent["dues"]) <= ticking.SHOWN
        events = session.scalars(select(Event.verb).where(Event.subject_kind == "publicity")).all()
        assert events.count("publicity_alarmed") >= 4
        places = [factories.area_named(session, "幸福社区").id]
        assert dues.count_late(session, places, LATE.date()) >= 2


def test_a_tip_may_be_dropped_and_what_the_law_asks_may_not(town: Database) -> None:
    with town.writing() as session:
        ticking.propose(session, datetime(2026, 6, 1, 2, tzinfo=UTC))
        ticking.propose(session, OPENED)
        here = factories.area_named(session, "幸福社区").id
        tip = session.scalars(
            select(PublicityDue).where(
                PublicityDue.entry == "ebike_summer", PublicityDue.area_id == here
            )
        ).one()
        with pytest.raises(NotAllowed):
            dues.drop(session, tip, by=factories.demo_person(session, "resident"), at=OPENED)
        dues.drop(session, tip, by=staff(session), at=OPENED)
        assert not tip.is_open
        with pytest.raises(NotAllowed):
            dues.drop(session, accounts(session), by=staff(session), at=OPENED)
        with pytest.raises(AlreadyDone):
            dues.begin(session, tip, by=staff(session), at=OPENED)
