"""Reports at the end of each week, month, quarter and year; and what group robots have to say."""

from datetime import datetime
from functools import cache

import structlog

from bots.lexicon import Lexicon, load_lexicon
from bots.topics import rising
from config.settings import Settings
from jobs.channels.group_robots import GroupRobots
from jobs.queue import loop
from jobs.schedule import job
from models.base import Database
from models.metrics import sight
from models.metrics.periods import Period
from models.places import Area
from models.reports import making, readers, robots, sending
from models.reports.table import Edition, Report

GROUP_TEMPLATE = "report_group"

log = structlog.get_logger(__name__)


@job("weekly_report")
def weekly_report(database: Database, now: datetime) -> str | None:
    return make_all(database, Edition.WEEKLY, now)


@job("monthly_report")
def monthly_report(database: Database, now: datetime) -> str | None:
    return make_all(database, Edition.MONTHLY, now)


@job("quarterly_report")
def quarterly_report(database: Database, now: datetime) -> str | None:
    return make_all(database, Edition.QUARTERLY, now)


@job("annual_report")
def annual_report(database: Database, now: datetime) -> str | None:
    return make_all(database, Edition.ANNUAL, now)


@loop("post_to_groups")
def post_to_groups(database: Database, now: datetime) -> int:
    return _group_robots().post_due(database, now)


def make_all(database: Database, edition: Edition, now: datetime) -> str | None:
    """Makes what is not made yet, and sends what is not sent: it may be called again."""
    with database.reading() as session:
        areas = [one.id for one in making.areas(session, edition)]
    period = making.period_over(edition, now)
    sent = sum(_send(database, make(database, edition, one, period, now), now) for one in areas)
    return f"areas={len(areas)} sent={sent}" if areas else None


def make(database: Database, edition: Edition, area_id: int, period: Period, now: datetime) -> int:
    """The id of the report, made now unless it was made before."""
    with database.reading() as session:
        known = making.find(session, edition, area_id, period)
        if known is not None:
            return known.id
        area = session.get_one(Area, area_id)
        found = rising(
            making.said_in(session, area, period),
            making.said_in(session, area, period.before()),
            _lexicon(),
        )
    topics = [
        {"word": one.word, "tickets": list(one.tickets), "before": one.before} for one in found
    ]
    with database.writing() as session:
        made = making.keep(session, edition, area_id, period, topics, now).id
    log.info("report_made", edition=str(edition), area_id=area_id, topics=len(topics))
    return made


def _send(database: Database, report_id: int, now: datetime) -> int:
    """Read first; readers from whom the same is hidden, mostly nothing, share the figures."""
    with database.reading() as session:
        report = session.get_one(Report, report_id)
        area = session.get_one(Area, report.area_id)
        hidden = {
            who: sight.hidden(session, who, area.id, now)
            for who in readers.readers(session, area, report.edition, now)
        }
        posting = robots.posting(session, area.id, report.edition)
        for_group = making.accusing(session, area) if posting else None
        told = {
            one: sending.headline(session, report, one, now)
            for one in {*hidden.values(), *([for_group] if for_group is not None else [])}
        }
    with database.writing() as session:
        sent = sum(sending.send(session, report, who, told[one]) for who, one in hidden.items())
        if for_group is not None:
            key = f"report:{report.id}"
            context = told[for_group]
            sent += robots.queue(session, posting, GROUP_TEMPLATE, context, key=key, now=now)
    return sent


@cache
def _lexicon() -> Lexicon:
    return load_lexicon(Settings().data_dir / "words")


@cache
def _group_robots() -> GroupRobots:
    return GroupRobots(Settings())
