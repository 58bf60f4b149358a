"""The tables of a report: every day stands in its curve, and nothing is drawn of nothing."""

from datetime import date, timedelta

from app.reports.building import document
from models.base import Database
from models.metrics.figures import Scope
from models.metrics.periods import Period
from models.reports.composing import compose
from models.reports.table import Edition
from tests.factories import MORNING, area_named, building, ticket, town

WEEK = Period(date(2026, 3, 2), date(2026, 3, 8))


def test_quiet_days_stand_in_the_curve_and_a_silent_period_before_draws_no_bars(
    database: Database,
) -> None:
    town(database, MORNING - timedelta(days=60))
    with database.writing() as session:
        for days, category in ((0, "noise"), (3, "noise"), (3, "parking")):
            ticket(session, building(session), MORNING + timedelta(days=days), category=category)
        area_id = area_named(session, "幸福社区").id
        first, then = (
            document(
                session,
                compose(session, Scope(area_id, week, at, frozenset()), Edition.WEEKLY),
                Edition.WEEKLY,
            )
            for week, at in (
                (WEEK, MORNING + timedelta(days=4)),
                (Period(date(2026, 3, 9), date(2026, 3, 15)), MORNING + timedelta(days=14)),
            )
        )
    tables = {table.key: table for table in first.tables}
    told = [(row[0].words, row[1].value) for row in tables["trend"].rows]
    assert told == [
        *(("3月2日", 0), ("3月3日", 1), ("3月4日", 0)),
        *(("3月5日", 0), ("3月6日", 2), ("3月7日", 0)),
    ]
    assert tables["category"].title == "按类别"
    assert [name for name, _ in tables["category"].series()] == ["本期"]
    assert tables["category"].labels() == ["噪音", "停车"]
    places = {table.key: table for table in then.tables}["estate"]
    assert [name for name, _ in places.series()] == ["本期", "上期"]
