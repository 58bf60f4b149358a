"""`linli calendar`: office hours and days off of an area and all within it."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from app.commands import store
from app.commands.background import LOCAL
from app.commands.named import area_named, person_named
from app.house import now
from models import policies, work_calendars
from models.accounts import MAIN
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.office_hours import OfficeHours
from models.policies import Policy
from models.work_calendars import POLICY

WORDS: store.Words = {
    NotAllowed: "this person may not change the calendar of this area",
    AlreadyDone: "the calendar of this area says so already",
    NotFound: "the calendar of this area has no such version",
}
LONGEST = timedelta(days=31)


class Days(click.ParamType):
    """One day, or the first and the last of several: 2027-02-05..2027-02-12."""

    name = "day[..day]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[date]:
        first_text, _, last_text = str(value).partition("..")
        try:
            first = date.fromisoformat(first_text)
            last = date.fromisoformat(last_text) if last_text else first
        except ValueError:
            self.fail(f"{value} is no day, such as 2027-02-05 or 2027-02-05..2027-02-12")
        if not first <= last < first + LONGEST:
            self.fail(f"{value} runs backwards or is longer than a month")
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class DaysOfYear(click.ParamType):
    """The first and the last day of a season: 06-01..09-30."""

    name = "month-day..month-day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        found = re.fullmatch(r"(\d\d-\d\d)\.\.(\d\d-\d\d)", str(value))
        if found is None:
            self.fail(f"{value} is no season, such as 06-01..09-30")
        return found[1], found[2]


def days_option(name: str, text: str) -> Any:
    return click.option(f"--{name}", type=Days(), multiple=True, help=text)


area_argument = click.argument("area_name", metavar="AREA")
by_option = click.option("--by", "openid", help="The openid of who decides; none: the operator.")
reason_option = click.option("--reason", help="Kept with the version.")


@click.group()
def calendar() -> None:
    """The working calendar that deadlines are counted in.

    What an area says counts in it and within it; the nearest area wins, day by day. Deadlines of
    open tickets there are computed anew within a minute of a change.
    """


@calendar.command()
@area_argument
@click.option("--year", type=click.IntRange(2000, 2999), help="Default: this year.")
def show(area_name: str, year: int | None) -> None:
    """Office hours in AREA, and the days of a year that are not as their weekday says."""
    with store.writing(WORDS) as session:
        area = area_named(session, area_name)
        found = work_calendars.terms_at(session, area.id).calendar
        year = year or now().astimezone(LOCAL).year
        click.echo(f"{area.name}: {_clock(found.office_hours)}")
        for one in found.seasons:
            click.echo(f"{_edge(one.first)}..{_edge(one.last)}: {_clock(one.office_hours)}")
        if not found.is_known(year):
            click.echo(f"{year} is not listed yet: its weekdays are a guess")
        for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
            day = date(year, 1, 1) + timedelta(days=n)
            if found.is_workday(day) != (day.weekday() < 5):
                click.echo(f"{day} {day:%a} {'work' if found.is_workday(day) else 'rest'}")


@calendar.command()
@area_argument
@click.argument("spans", nargs=-1)
@click.option("--season", type=DaysOfYear(), help="In these days of every year, both within.")
@by_option
@reason_option
def hours(
    area_name: str,
    spans: Sequence[str],
    season: tuple[str, str] | None,
    openid: str | None,
    reason: str | None,
) -> None:
    """Office hours of AREA, such as 10:00-14:00 15:30-19:30; none: as around it.

    Of a season (summer hours: --season 06-01..09-30) none means: as in the rest of the year.
    """
    with store.writing(WORDS) as session:
        area_id, by = area_named(session, area_name).id, _person(session, openid)
        said: dict[str, Any] = {"by": by, "at": now(), "reason": reason}
        if season is None:
            made = work_calendars.keep_hours(session, area_id, spans, **said)
        else:
            made = work_calendars.keep_season(session, area_id, *season, spans, **said)
        _say(made, area_name)


@calendar.command()
@area_argument
@days_option("rest", "Off, such as a typhoon or a local festival.")
@days_option("work", "At work, whatever is said around AREA.")
@days_option("forget", "As around AREA again.")
@by_option
@reason_option
def days(
    area_name: str,
    rest: Sequence[list[date]],
    work: Sequence[list[date]],
    forget: Sequence[list[date]],
    openid: str | None,
    reason: str | None,
) -> None:
    """Single days of AREA."""
    if not (rest or work or forget):
        raise click.UsageError("name a day: --rest, --work or --forget")
    with store.writing(WORDS) as session:
        made = work_calendars.mark_days(
            session,
            area_named(session, area_name).id,
            rest=sum(rest, []),
            work=sum(work, []),
            forget=sum(forget, []),
            by=_person(session, openid),
            at=now(),
            reason=reason,
        )
        _say(made, area_name)


@calendar.command("year")
@area_argument
@click.argument("year", type=click.IntRange(2000, 2999))
@days_option("rest", "Every day off of the State Council's notice.")
@days_option("work", "Every make-up workday of it.")
@by_option
@reason_option
def list_year(
    area_name: str,
    year: int,
    rest: Sequence[list[date]],
    work: Sequence[list[date]],
    openid: str | None,
    reason: str | None,
) -> None:
    """The whole list of a YEAR, mostly for the outermost AREA; it replaces what was listed."""
    with store.writing(WORDS) as session:
        area_id, by = area_named(session, area_name).id, _person(session, openid)
        made = work_calendars.list_year(
            session, area_id, year, sum(rest, []), sum(work, []), by=by, at=now(), reason=reason
        )
        _say(made, area_name)


@calendar.command()
@area_argument
def history(area_name: str) -> None:
    """Every version of what AREA itself says, the latest first."""
    with store.writing(WORDS) as session:
        for one in policies.history(session, POLICY, area_named(session, area_name).id):
            says = click.style(str(one.body), dim=True)
            click.echo(f"v{one.version} {one.at.astimezone(LOCAL):%Y-%m-%d %H:%M} {says}")
            if one.reason:
                click.echo(f"   {one.reason}")


@calendar.command()
@area_argument
@click.argument("version", type=click.IntRange(0))
@by_option
def revert(area_name: str, version: int, openid: str | None) -> None:
    """What VERSION said, as a new version; 0: nothing of its own."""
    with store.writing(WORDS) as session:
        area_id, by = area_named(session, area_name).id, _person(session, openid)
        _say(work_calendars.revert(session, area_id, version, by=by, at=now()), area_name)


def _clock(hours: OfficeHours) -> str:
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in hours)


def _edge(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"


def _person(session: Session, openid: str | None) -> int | None:
    return person_named(session, MAIN, openid) if openid else None


def _say(made: Policy, area_name: str) -> None:
    click.echo(f"{area_name}: version {made.version}; open deadlines follow within a minute")
