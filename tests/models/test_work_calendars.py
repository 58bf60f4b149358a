"""Office hours and days off of one area: what counts where, who may say so, and when it is seen."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from config.categories import Intent, Urgency
from models import policies, sla, work_calendars
from models.base import Database
from models.errors import AlreadyDone, NotAllowed
from models.events import Event
from models.notices.actions import working_days_after
from models.notices.table import Notice
from models.places import root_area_id
from models.statements import Statement
from models.tasks import Task
from models.tickets import refining
from models.tickets.opening import Report, open_ticket
from models.whistles import calling
from models.whistles.flow import WhistleKind
from models.work_calendars import CalendarNotFit
from tests import factories
from tests.factories import MORNING, area_named, building, demo_person

SHANGHAI = ZoneInfo("Asia/Shanghai")
URUMQI = ["10:00-14:00", "15:30-19:30"]
TYPHOON = date(2026, 3, 4)  # the day after MORNING
ESTATE, COMMUNITY, OTHER = "幸福里小区", "幸福社区", "和平社区"


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store)
    return store


def place(store: Database, name: str) -> int:
    with store.reading() as session:
        return area_named(session, name).id


def hours(store: Database, name: str, spans: list[str], **more: object) -> None:
    with store.writing() as session:
        where = area_named(session, name).id
        work_calendars.keep_hours(session, where, spans, by=None, at=MORNING, **more)


def days_off(store: Database, name: str, *days: date) -> None:
    with store.writing() as session:
        where = area_named(session, name).id
        work_calendars.mark_days(session, where, rest=days, by=None, at=MORNING)


def due_in(store: Database, area_id: int | None, begin: datetime, minutes: float) -> str:
    with store.reading() as session:
        calendar = work_calendars.terms_at(session, area_id).calendar
    return calendar.add(begin, minutes).astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def test_a_community_keeps_its_own_hours_and_its_buildings_with_it(town: Database) -> None:
    hours(town, COMMUNITY, URUMQI)
    with town.reading() as session:
        inside = building(session).id
    assert due_in(town, inside, MORNING, 300) == "03-03 16:30"
    assert due_in(town, place(town, OTHER), MORNING, 300) == "03-03 15:30"
    assert due_in(town, None, MORNING, 300) == "03-03 15:30"


def test_the_nearest_area_with_hours_of_its_own_wins(town: Database) -> None:
    hours(town, COMMUNITY, URUMQI)
    hours(town, ESTATE, ["09:00-12:00", "14:00-18:00"])
    with town.reading() as session:
        inside = building(session).id
    assert due_in(town, inside, MORNING, 240) == "03-03 15:00"
    assert due_in(town, place(town, COMMUNITY), MORNING, 240) == "03-03 14:00"
    hours(town, ESTATE, [])
    assert due_in(town, inside, MORNING, 240) == "03-03 14:00"


SUMMER = ("06-01", "09-30", ["08:30-12:00", "14:30-18:00"])


def season(store: Database, name: str, first: str, last: str, spans: list[str]) -> None:
    with store.writing() as session:
        where = area_named(session, name).id
        work_calendars.keep_season(session, where, first, last, spans, by=None, at=MORNING)


def test_in_a_season_its_hours_count_and_outside_it_the_usual_ones(town: Database) -> None:
    season(town, COMMUNITY, *SUMMER)
    inside = place(town, ESTATE)
    summer = datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI)
    assert due_in(town, inside, MORNING, 300) == "03-03 15:30"
    assert due_in(town, inside, summer, 300) == "09-30 16:30"
    # Seven hours from nine o'clock, and the last half hour after the holiday in the usual ones.
    assert due_in(town, inside, summer, 420) == "10-08 09:00"
    assert due_in(town, place(town, OTHER), summer, 300) == "09-30 15:30"
    season(town, COMMUNITY, *SUMMER[:2], [])
    assert due_in(town, inside, summer, 300) == "09-30 15:30"


def test_a_term_in_days_has_days_as_long_as_the_one_it_began_on(town: Database) -> None:
    season(town, COMMUNITY, *SUMMER)
    with town.reading() as session:
        terms = work_calendars.terms_at(session, area_named(session, ESTATE).id)
        at = datetime(2026, 7, 6, 9, 0, tzinfo=SHANGHAI)
        due = terms.deadlines("pets", Urgency.NORMAL, at).resolve_due_at
    assert due == at + timedelta(days=3)


def test_an_areas_own_hours_leave_nothing_of_the_seasons_around_it(town: Database) -> None:
    season(town, COMMUNITY, *SUMMER)
    season(town, ESTATE, "12-01", "02-28", ["09:00-17:00"])
    inside, summer = place(town, ESTATE), datetime(2026, 7, 6, 9, 0, tzinfo=SHANGHAI)
    winter = datetime(2026, 1, 6, 9, 0, tzinfo=SHANGHAI)
    assert due_in(town, inside, summer, 300) == "07-06 16:30"
    assert due_in(town, inside, winter, 300) == "01-06 14:00"
    hours(town, ESTATE, ["08:00-16:00"])
    assert due_in(town, inside, summer, 300) == "07-06 14:00"
    assert due_in(town, inside, winter, 300) == "01-06 14:00"
    hours(town, ESTATE, [])
    assert due_in(town, inside, summer, 300) == "07-06 16:30"


def test_days_add_up_from_the_outermost_area_inwards_and_the_inner_word_wins(
    town: Database,
) -> None:
    days_off(town, COMMUNITY, TYPHOON, TYPHOON + timedelta(days=1))
    with town.writing() as session:
        estate = area_named(session, ESTATE).id
        work_calendars.mark_days(session, estate, work=[TYPHOON], by=None, at=MORNING)
    with town.reading() as session:
        calendar = work_calendars.terms_at(session, estate).calendar
        assert calendar.is_workday(TYPHOON)
        assert not calendar.is_workday(TYPHOON + timedelta(days=1))
        around = work_calendars.terms_at(session, area_named(session, COMMUNITY).id).calendar
        assert not around.is_workday(TYPHOON)


def test_a_single_day_does_not_make_an_unknown_year_known(town: Database) -> None:
    days_off(town, COMMUNITY, date(2061, 7, 1))
    with town.reading() as session:
        calendar = work_calendars.terms_at(session, area_named(session, COMMUNITY).id).calendar
    assert not calendar.is_workday(date(2061, 7, 1))
    assert not calendar.is_known(2061)
    assert not calendar.is_workday(date(2061, 10, 1)), "a festival of fixed date stays off"


def test_a_listed_year_is_known_and_a_single_day_still_corrects_it(town: Database) -> None:
    festival, make_up = date(2061, 2, 1), date(2061, 2, 6)
    with town.writing() as session:
        root = root_area_id(session)
        assert root is not None
        work_calendars.list_year(session, root, 2061, [festival], [make_up], by=None, at=MORNING)
        work_calendars.mark_days(session, root, rest=[make_up], by=None, at=MORNING)
    with town.reading() as session:
        calendar = work_calendars.terms_at(session, area_named(session, ESTATE).id).calendar
    assert calendar.is_known(2061)
    assert not calendar.is_workday(festival)
    assert not calendar.is_workday(make_up)


def test_what_is_taken_back_leaves_the_calendar_as_it_was(town: Database) -> None:
    before = due_in(town, place(town, ESTATE), MORNING, 600)
    days_off(town, ESTATE, TYPHOON)
    assert due_in(town, place(town, ESTATE), MORNING, 600) != before
    with town.writing() as session:
        estate = area_named(session, ESTATE).id
        work_calendars.mark_days(session, estate, forget=[TYPHOON], by=None, at=MORNING)
        assert work_calendars.own(session, estate) == {}
    assert due_in(town, place(town, ESTATE), MORNING, 600) == before
    with town.writing() as session:
        work_calendars.revert(session, estate, 1, by=None, at=MORNING)
    assert due_in(town, place(town, ESTATE), MORNING, 600) != before


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (["8:30-12:00"], "8:30-12:00 is not like 08:30-12:00"),
        (["08:30"], "08:30 is not like"),
        (["08:30-25:00"], "08:30-25:00 is not like"),
        (["08:30-12:00", "11:00-17:30"], "must follow each other"),
        (["12:00-08:30"], "must follow each other"),
        (["09:00-09:01"], "time to accept"),  # a day's work of one minute is less than that
    ],
)
def test_hours_that_can_not_be_are_refused_in_words_and_change_nothing(
    town: Database, spans: list[str], said: str
) -> None:
    with pytest.raises(CalendarNotFit, match=said):
        hours(town, ESTATE, spans)
    with town.reading() as session:
        assert work_calendars.own(session, area_named(session, ESTATE).id) == {}
        assert policies.revision(session) == 0


def test_days_that_contradict_each_other_are_refused(town: Database) -> None:
    with town.writing() as session:
        estate = area_named(session, ESTATE).id
        with pytest.raises(CalendarNotFit, match="both rest and work"):
            work_calendars.mark_days(
                session, estate, rest=[TYPHOON], work=[TYPHOON], by=None, at=MORNING
            )
        with pytest.raises(CalendarNotFit, match="does not lie in 2061"):
            work_calendars.list_year(
                session, estate, 2061, [date(2060, 12, 31)], [], by=None, at=MORNING
            )
        with pytest.raises(CalendarNotFit, match="names no day off"):
            work_calendars.list_year(session, estate, 2061, [], [], by=None, at=MORNING)
        assert policies.revision(session) == 0


def test_the_same_word_twice_is_no_second_version(town: Database) -> None:
    days_off(town, ESTATE, TYPHOON)
    with pytest.raises(AlreadyDone):
        days_off(town, ESTATE, TYPHOON)


def test_staff_change_the_calendar_of_their_own_area_and_of_none_beside(town: Database) -> None:
    with town.writing() as session:
        staff = demo_person(session, "community_staff")
        resident = demo_person(session, "resident")
        mine, beside = area_named(session, ESTATE).id, area_named(session, OTHER).id
        root = root_area_id(session)
        assert root is not None
        for by, where in ((resident, mine), (staff, beside), (staff, root)):
            with pytest.raises(NotAllowed):
                work_calendars.mark_days(session, where, rest=[TYPHOON], by=by, at=MORNING)
        made = work_calendars.mark_days(
            session, mine, rest=[TYPHOON], by=staff, at=MORNING, reason="台风"
        )
        assert (made.author_id, made.area_id, made.version) == (staff, mine, 1)


def test_a_change_leaves_an_event_of_its_area_and_asks_for_deadlines_anew(town: Database) -> None:
    days_off(town, ESTATE, TYPHOON)
    with town.reading() as session:
        told = session.scalars(select(Event).where(Event.verb == "policy_changed")).one()
        asked = session.scalars(select(Task)).one()
        estate = area_named(session, ESTATE).id
    assert (told.area_id, told.old, told.new) == (estate, "0", "1")
    assert asked.payload == {"area_id": estate, "revision": told.subject_id, "after": 0}
    assert asked.due_at == MORNING + work_calendars.UNDER_WAY


def test_another_process_sees_a_change_with_its_next_look(town: Database) -> None:
    estate = place(town, ESTATE)
    other = Database(town.url.render_as_string(hide_password=False))
    before = due_in(other, estate, MORNING, 600)
    days_off(town, ESTATE, TYPHOON)
    assert due_in(other, estate, MORNING, 600) != before
    other.dispose()


def test_a_change_that_is_rolled_back_counts_for_nobody(town: Database) -> None:
    estate = place(town, ESTATE)
    before = due_in(town, estate, MORNING, 600)
    with pytest.raises(ZeroDivisionError), town.writing() as session:
        work_calendars.mark_days(session, estate, rest=[TYPHOON], by=None, at=MORNING)
        assert not work_calendars.terms_at(session, estate).calendar.is_workday(TYPHOON)
        raise ZeroDivisionError
    assert due_in(town, estate, MORNING, 600) == before


def test_a_report_is_due_by_the_working_time_of_its_place(town: Database) -> None:
    days_off(town, ESTATE, TYPHOON)
    hours(town, COMMUNITY, URUMQI)
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        elsewhere = factories.ticket(session, area_named(session, OTHER))
    # Two days of eight hours from ten o'clock, over the typhoon: Tuesday and Thursday.
    assert one.resolve_due_at == datetime(2026, 3, 5, 11, 30, tzinfo=UTC)
    assert one.accept_due_at == datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
    expected = sla.shipped().deadlines("noise", elsewhere.urgency, MORNING)
    assert elsewhere.resolve_due_at == expected.resolve_due_at


def test_opening_a_ticket_asks_the_store_nothing_more_for_its_calendar(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_off(town, ESTATE, TYPHOON)
    with town.reading() as session:
        report = Report(
            account="main",
            reporter_id=demo_person(session, "resident"),
            text="楼上装修太吵了",
            category="noise",
            subcategory=None,
            urgency=Urgency.NORMAL,
            intent=Intent.REPORT,
            confidence=0.9,
            area_id=building(session).id,
        )
    run, asked = Statement.run, list[Statement]()
    monkeypatch.setattr(
        Statement, "run", lambda self, *one, **more: asked.append(self) or run(self, *one, **more)
    )
    statements = []
    for _ in range(3):  # the first one reads what the others have in memory
        asked.clear()
        with town.writing() as session:
            open_ticket(session, report, MORNING)
        statements.append(len(asked))
    monkeypatch.setattr(work_calendars, "terms_at", lambda *_: sla.shipped())
    asked.clear()
    with town.writing() as session:
        open_ticket(session, report, MORNING)
    assert statements[1:] == [len(asked)] * 2


def test_a_place_that_becomes_known_brings_its_own_working_time(town: Database) -> None:
    days_off(town, ESTATE, TYPHOON)
    with town.writing() as session:
        one = factories.ticket(session, None)
        early = one.resolve_due_at
        refining.place(
            session, one, building(session), by=demo_person(session, "resident"), at=MORNING
        )
        assert one.resolve_due_at == early + timedelta(days=1)


def test_a_whistle_and_an_objection_are_counted_in_the_working_time_of_their_place(
    town: Database,
) -> None:
    days_off(town, COMMUNITY, MORNING.date())
    with town.writing() as session:
        staff = demo_person(session, "community_staff")
        one = factories.ticket(session, building(session))
        [call] = calling.sound(
            session, one, ["fire"], kind=WhistleKind.ORDINARY, by=staff, at=MORNING
        )
        # Four hours from 8:30 on Wednesday, over lunch.
        assert call.check_in_due_at == datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
        notice = Notice(area_id=one.area_id)
        by_then = working_days_after(session, notice, MORNING, 1)
        assert by_then == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
