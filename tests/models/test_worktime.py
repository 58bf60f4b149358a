"""Working time against a count minute by minute over days written down by hand."""

from datetime import UTC, date, datetime, time, timedelta
from timeit import timeit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.office_hours import OfficeHours
from models.worktime import Holidays, WallClock, WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = [(time(8, 30), time(12)), (time(13, 30), time(17, 30))]
CALENDAR = WorkCalendar(OFFICE_HOURS)

# The State Council's notice for National Day 2025: off 1 to 8 October, at work on two weekend days.
NATIONAL_DAY = {date(2025, 10, day) for day in range(1, 9)}
MAKE_UP = {date(2025, 9, 28), date(2025, 10, 11)}
FIRST, DAYS = date(2025, 9, 22), 30


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


def is_office_minute(moment: datetime) -> bool:
    day = moment.date()
    if day in NATIONAL_DAY or (day.weekday() >= 5 and day not in MAKE_UP):
        return False
    return any(begin <= moment.time() < end for begin, end in OFFICE_HOURS)


MINUTES = [shanghai(2025, 9, 22) + timedelta(minutes=n) for n in range(DAYS * 1440)]
WORKING = [is_office_minute(minute) for minute in MINUTES]

moments = st.integers(0, len(MINUTES) - 1)


def add_minute_by_minute(start: int, minutes: int) -> datetime | None:
    passed = 0
    for index in range(start, len(MINUTES)):
        if passed == minutes:
            return MINUTES[index]
        passed += WORKING[index]
    return None


@given(moments, st.integers(0, 3000))
def test_adding_agrees_with_counting_minute_by_minute(start: int, minutes: int) -> None:
    expected = add_minute_by_minute(start, minutes)
    if expected is not None:
        assert CALENDAR.add(MINUTES[start], minutes) == expected


BY_NIGHT = [(time(0, 30), time(9)), (time(21), time(23))]
# In Berlin the clocks are changed in these two nights, of which somebody makes days of work.
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize("minutes", [30, 240])
@pytest.mark.parametrize(
    ("hours", "zone", "day"),
    [
        (OFFICE_HOURS, "Asia/Shanghai", date(2026, 11, 20)),
        (OFFICE_HOURS, "Asia/Shanghai", date(2026, 12, 31)),
        (OFFICE_HOURS, "Europe/Berlin", SPRING),
        (OFFICE_HOURS, "Europe/Berlin", AUTUMN),
        (BY_NIGHT, "Europe/Berlin", SPRING),
        (BY_NIGHT, "Europe/Berlin", AUTUMN),
    ],
)
def test_one_who_was_asked_before_answers_as_one_who_was_not(
    hours: OfficeHours, zone: str, day: date, minutes: int
) -> None:
    def calendar() -> WorkCalendar:
        return WorkCalendar(hours, Holidays(work=frozenset({SPRING, AUTUMN})), zone)

    begin = datetime.combine(day, time(), UTC) - timedelta(hours=8)
    half_hours = [begin + timedelta(minutes=30 * number) for number in range(60)]
    each = [at + beside * timedelta.resolution for at in half_hours for beside in (-1, 0, 1)]
    expected = {moment: calendar().add(moment, minutes) for moment in each}
    asked = calendar()
    for moment in (*each, *reversed(each)):
        assert asked.add(moment, minutes) == expected[moment]


@given(moments, moments)
def test_between_agrees_with_counting_minute_by_minute(begin: int, end: int) -> None:
    low, high = sorted((begin, end))
    expected = sum(WORKING[low:high])
    assert CALENDAR.between(MINUTES[low], MINUTES[high]) == expected
    assert CALENDAR.between(MINUTES[high], MINUTES[low]) == -expected


@given(
    st.timedeltas(timedelta(days=-2400), timedelta(days=2200)),
    st.integers(1, 10**9),
)
def test_what_is_added_is_what_lies_between_to_the_microsecond(gap: timedelta, parts: int) -> None:
    start, minutes = MINUTES[0] + gap, parts / 10**4
    due = CALENDAR.add(start, minutes)
    assert due.tzinfo is UTC
    exact = timedelta(minutes=CALENDAR.between(start, due))
    assert exact == timedelta(microseconds=round(minutes * 60_000_000))


def test_the_lunch_break_does_not_count() -> None:
    assert CALENDAR.add(shanghai(2025, 9, 22, 11, 50), 20) == shanghai(2025, 9, 22, 13, 40)


def test_a_term_that_ends_with_the_day_ends_at_closing_time() -> None:
    assert CALENDAR.add(shanghai(2025, 9, 22, 8, 30), 450) == shanghai(2025, 9, 22, 17, 30)


def test_a_matter_told_in_the_evening_begins_next_morning() -> None:
    assert CALENDAR.add(shanghai(2025, 9, 22, 22, 15), 30) == shanghai(2025, 9, 23, 9, 0)


def test_a_matter_told_on_saturday_of_make_up_work_begins_at_once() -> None:
    assert CALENDAR.add(shanghai(2025, 10, 11, 9, 0), 30) == shanghai(2025, 10, 11, 9, 30)


def test_the_holiday_is_skipped_whole() -> None:
    assert CALENDAR.add(shanghai(2025, 9, 30, 17, 0), 60) == shanghai(2025, 10, 9, 9, 0)


def test_a_year_nobody_published_follows_weekdays_and_fixed_festivals() -> None:
    calendar = WorkCalendar(OFFICE_HOURS, Holidays.parse({"fixed": ["01-01", "10-01"]}))
    assert not calendar.is_known(2061)
    assert calendar.is_known(2025)
    assert [calendar.is_workday(date(2061, 9, day)) for day in (2, 3, 4, 5)] == [
        *(True, False, False, True)
    ]
    assert not calendar.is_workday(date(2061, 10, 1))
    assert WorkCalendar(OFFICE_HOURS).is_workday(date(2061, 10, 3))


def test_a_year_listed_by_hand_is_known_and_followed() -> None:
    listed = {"2061": {"rest": ["2061-02-01"], "work": ["2061-02-06"]}}
    known = Holidays.parse({"fixed": ["05-02"], "years": listed})
    calendar = WorkCalendar(OFFICE_HOURS, known)
    assert calendar.is_known(2061)
    assert not calendar.is_workday(date(2061, 2, 1))
    assert calendar.is_workday(date(2061, 2, 6))
    assert calendar.is_workday(date(2061, 5, 2)), "a complete list needs no guess"


def test_a_typhoon_day_in_a_known_year_moves_the_deadline() -> None:
    typhoon = Holidays.parse({"years": {"2025": {"rest": ["2025-09-24"]}}})
    start = shanghai(2025, 9, 23, 17, 0)
    assert CALENDAR.add(start, 60) == shanghai(2025, 9, 24, 9, 0)
    assert WorkCalendar(OFFICE_HOURS, typhoon).add(start, 60) == shanghai(2025, 9, 25, 9, 0)


def test_a_community_may_keep_other_office_hours() -> None:
    urumqi = WorkCalendar.parse(
        {"zone": "Asia/Shanghai", "spans": ["10:00-14:00", "15:30-19:30"]}, {}
    )
    assert urumqi.day_minutes(datetime(2026, 3, 3, tzinfo=SHANGHAI)) == 480
    assert urumqi.add(shanghai(2025, 9, 22, 9, 0), 300) == shanghai(2025, 9, 22, 16, 30)


@pytest.mark.parametrize(
    "years",
    [
        {"2061": {"rest": ["2060-02-01"]}},
        {"2061": {"rest": ["2061-02-01"], "work": ["2061-02-01"]}},
        {"2061": {"rest": ["2061-02-30"]}},
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(years: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Holidays.parse({"years": years})


@pytest.mark.parametrize("spans", [[], ["12:00-08:30"], ["08:30-12:00", "11:00-17:30"]])
def test_office_hours_that_overlap_or_run_backwards_are_refused(spans: list[str]) -> None:
    with pytest.raises(ValueError):
        WorkCalendar.parse({"zone": "Asia/Shanghai", "spans": spans}, {})


@pytest.mark.parametrize("keeping", [CALENDAR, WallClock()])
def test_naive_moments_and_negative_terms_are_refused(keeping: WorkCalendar | WallClock) -> None:
    with pytest.raises(ValueError):
        keeping.add(datetime(2025, 9, 22, 9, 0), 10)  # noqa: DTZ001  (the naive case)
    with pytest.raises(ValueError):
        keeping.add(shanghai(2025, 9, 22, 9, 0), -1)


def test_the_wall_clock_counts_the_night() -> None:
    start = shanghai(2025, 10, 1, 23, 58)
    assert WallClock().add(start, 5) == shanghai(2025, 10, 2, 0, 3)
    assert WallClock().between(start, shanghai(2025, 10, 2, 0, 3)) == 5


def test_adding_is_cheap_enough_for_the_hot_path() -> None:
    start = shanghai(2026, 11, 21, 22, 0)
    CALENDAR.add(start, 6750)
    best = min(timeit(lambda: CALENDAR.add(start, 6750), number=500) / 500 for _ in range(20))
    assert best < 20e-6


SUMMER = {"from": "06-01", "to": "09-30", "spans": ["08:30-12:00", "14:30-18:00"]}


@pytest.mark.parametrize(
    ("season", "said"),
    [
        (SUMMER | {"from": "09-30", "to": "10-01"}, "09-30 lies in two seasons"),
        (SUMMER | {"from": "12-01", "to": "06-01"}, "06-01 lies in two seasons"),
        (SUMMER | {"from": "10-01", "to": "10-32"}, "out of range|2000-10-32"),
        ({"from": "10-01", "spans": ["09:00-17:00"]}, "to is missing"),
        (SUMMER | {"until": "10-01"}, "no such key: until"),
    ],
)
def test_a_season_that_can_not_be_is_refused(season: dict[str, object], said: str) -> None:
    usual = WorkCalendar.parse({"zone": "Asia/Shanghai", "spans": ["09:00-17:00"]}, {})
    with pytest.raises(ValueError, match=said):
        usual.changed_by({"office_hours": {"seasons": [SUMMER, season]}})


def test_winter_hours_last_over_new_year() -> None:
    winter = {"from": "11-01", "to": "02-29", "spans": ["09:00-12:00", "13:00-17:00"]}
    usual = WorkCalendar.parse(
        {"zone": "Asia/Shanghai", "spans": ["09:00-17:00"], "seasons": [winter]}, {}
    )
    ends = [datetime(2025, 12, 31, 16, tzinfo=SHANGHAI), datetime(2026, 1, 4, 10, tzinfo=SHANGHAI)]
    assert usual.add(ends[0], 120) == ends[1]
    assert usual.between(*ends) == 120
    assert usual.day_minutes(ends[1]) == 420
    assert set(usual.day_lengths()) == {420, 480}
