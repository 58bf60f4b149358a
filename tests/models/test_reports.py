"""Reports: which period is over, who is sent what, and what a report is made of."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Database
from models.errors import NotAllowed, NotFound
from models.events import Event
from models.metrics.cuts import Axis
from models.metrics.figures import Scope, total
from models.metrics.periods import Period
from models.places import Area
from models.reports import making, readers
from models.reports.composing import compose, topics_seen
from models.reports.table import REPORTS, Edition, Wish
from models.ticket_flow import State
from models.tickets.sight import sight_of
from models.tickets.table import About
from tests import factories
from tests.factories import MORNING, area_named, building, demo_person
from tests.matters import scatter

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store, MORNING - timedelta(days=80))
    return store


def area(session: Session, name: str = "幸福社区") -> Area:
    return area_named(session, name)


@pytest.mark.parametrize(
    ("edition", "at", "days"),
    [
        (Edition.WEEKLY, datetime(2026, 3, 2, 0, 10, tzinfo=UTC), ("2026-02-23", "2026-03-01")),
        (Edition.MONTHLY, datetime(2026, 3, 1, 0, 20, tzinfo=UTC), ("2026-02-01", "2026-02-28")),
        (Edition.QUARTERLY, datetime(2026, 4, 1, 0, 30, tzinfo=UTC), ("2026-01-01", "2026-03-31")),
        (Edition.ANNUAL, datetime(2026, 1, 1, 0, 40, tzinfo=UTC), ("2025-01-01", "2025-12-31")),
        # half an hour before midnight in London it is the first of the month in Shanghai
        (Edition.MONTHLY, datetime(2026, 2, 28, 23, 30, tzinfo=UTC), ("2026-02-01", "2026-02-28")),
    ],
)
def test_a_report_is_of_the_last_period_that_is_over(
    edition: Edition, at: datetime, days: tuple[str, str]
) -> None:
    assert making.period_over(edition, at) == Period(*map(date.fromisoformat, days))


@given(st.integers(1_600_000_000, 2_000_000_000), st.sampled_from(REPORTS))
def test_the_next_one_begins_where_this_one_ends(second: int, edition: Edition) -> None:
    at = datetime.fromtimestamp(second, UTC)
    one = making.period_over(edition, at)
    assert making.period_over(edition, one.until + timedelta(hours=8)) == one
    assert one.until <= at
    assert one.before().until == one.since


def test_staff_of_the_area_are_sent_it_and_others_who_ask(town: Database) -> None:
    with town.writing() as session:
        staff = [demo_person(session, "community_staff", n) for n in (1, 2)]
        above = demo_person(session, "subdistrict_staff")
        assert readers.readers(session, area(session), Edition.WEEKLY, MORNING) == staff
        say(session, above, Wish.WANTED, by=above)
        assert set(sent(session)) == {*staff, above}
        say(session, staff[0], Wish.STOPPED, by=staff[0])
        say(session, staff[0], Wish.STOPPED, by=staff[0])
        assert set(sent(session)) == {staff[1], above}
        assert set(sent(session, Edition.MONTHLY)) == set(staff), "each edition for itself"
        told = session.scalars(select(Event).where(Event.verb == "subscription_said")).all()
        assert [(one.old, one.new) for one in told] == [(None, "wanted"), (None, "stopped")]


def sent(session: Session, edition: Edition = Edition.WEEKLY) -> list[int]:
    return readers.readers(session, area(session), edition, MORNING)


def say(session: Session, who: int, wish: Wish, by: int, where: str = "幸福社区") -> None:
    readers.say(session, area(session, where).id, who, Edition.WEEKLY, wish, by=by, at=MORNING)


def test_only_who_supervises_the_area_may_be_sent_it_and_only_its_staff_choose_for_others(
    town: Database,
) -> None:
    with town.writing() as session:
        staff, other = (demo_person(session, "community_staff", n) for n in (1, 3))
        leader = demo_person(session, "grid_leader")
        with pytest.raises(NotAllowed):
            say(session, leader, Wish.WANTED, by=staff)
        with pytest.raises(NotFound):
            say(session, other, Wish.WANTED, by=other)
        with pytest.raises(NotFound):
            say(session, leader, Wish.WANTED, by=leader)
        say(session, leader, Wish.WANTED, by=leader, where="幸福第一网格")
        with pytest.raises(NotAllowed):
            say(session, staff, Wish.WANTED, by=leader, where="幸福第一网格")
        asked = [one.name for one in making.areas(session, Edition.WEEKLY)]
        assert "幸福第一网格" in asked
        assert "幸福第一网格" not in [one.name for one in making.areas(session, Edition.MONTHLY)]


def test_who_no_longer_serves_is_sent_nothing_though_they_asked(town: Database) -> None:
    with town.writing() as session:
        above = demo_person(session, "subdistrict_staff")
        say(session, above, Wish.WANTED, by=above)
        factories.post_of(session, "subdistrict_staff").until = MORNING
        session.flush()
        assert above not in sent(session)


def test_its_whole_and_its_parts_are_the_figures_of_the_period(town: Database) -> None:
    with town.writing() as session:
        scatter(session, Random(7), 60, MORNING)
        for edition in REPORTS:
            scope = Scope(area(session).id, FEBRUARY, MORNING)
            found = compose(session, scope, edition)
            assert found.whole.counts == total(session, scope)
            for part in [*found.parts, found.trend]:
                if part.axis != Axis.COMPANY:
                    opened = sum(row.counts["opened"] for row in part.rows.values())
                    assert opened == found.whole.counts["opened"] > 0, part.axis


def test_what_is_said_of_somebody_and_what_was_taken_back_makes_no_topic(town: Database) -> None:
    with town.writing() as session:
        kept = factories.ticket(session, building(session), MORNING, text="充电桩坏了")
        factories.ticket(session, building(session), MORNING, about=About.PROPERTY)
        factories.ticket(session, building(session), MORNING).state = State.WITHDRAWN
        factories.ticket(session, building(session), MORNING - timedelta(days=40))
        factories.ticket(session, building(session, 1, "和平家园"), MORNING)
        session.flush()
        found = list(making.said_in(session, area(session), MARCH))
        assert [(one.ticket_id, one.text) for one in found] == [(kept.id, "充电桩坏了")]


def test_a_report_is_made_once_and_a_topic_shows_what_its_reader_may_see(town: Database) -> None:
    with town.writing() as session:
        made = [factories.ticket(session, building(session), MORNING) for _ in range(3)]
        ids = [one.id for one in made]
        topics = [{"word": "装修", "tickets": ids, "before": 1}]
        where = area(session).id
        first = making.keep(session, Edition.MONTHLY, where, MARCH, topics, MORNING)
        assert making.keep(session, Edition.MONTHLY, where, MARCH, [], MORNING) is first
        made[0].about = About.COMMUNITY
        session.flush()
        for role, left in (("community_staff", ids[1:]), ("subdistrict_staff", ids)):
            sight = sight_of(session, demo_person(session, role), MORNING)
            (topic,) = topics_seen(session, first, sight)
            assert topic.tickets == left


def test_what_two_accounts_of_one_person_said_holds_for_that_person(town: Database) -> None:
    with town.writing() as session:
        above = demo_person(session, "subdistrict_staff")
        other = demo_person(session, "subdistrict_staff", 2)
        say(session, other, Wish.WANTED, by=other)
        readers.hand_over(session, other, above)
        assert above in sent(session) and other not in sent(session)
        say(session, other, Wish.STOPPED, by=other)
        readers.hand_over(session, other, above)
        assert above in sent(session), "of two wishes that of who stays"
