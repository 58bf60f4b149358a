"""Office hours and days off 办公时间和放假 of an area and all within it, typed line by line."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.console import moving
from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from config.policy import load
from models import office_hours, policies, work_calendars
from models.errors import NotFound
from models.office_hours import OfficeHours
from models.policies import Policy
from models.tickets import recomputing
from models.work_calendars import POLICY, UNDER_WAY, CalendarNotFit

FIELDS = ("hours", "seasons", "rest", "work", "years")
KINDS = ("rest", "work")
LONGEST = timedelta(days=31)
SHORT = re.compile(r"(?<!\d)(\d):")
NO_YEAR = 2000  # a leap year, so that every day of a year may be named


class Calendar(Setting):
    """办公时间和放假 — what an area says of its calendar; the rest is as around it."""

    def __init__(self, desk: Desk, area_id: int, hours: OfficeHours) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"], area_id)
        self.desk = desk
        self.place = area_id
        self.hours = hours  # that count there now, whoever said so

    def draft_of(self, body: Body) -> Draft:
        hours, days = body.get("office_hours", {}), body.get("holidays", {})
        years = sorted(days.get("years", {}).items())
        lines = {
            "hours": [" ".join(hours.get("spans", ()))],
            "seasons": [_season_said(one) for one in hours.get("seasons", ())],
            "years": [
                _words("written_year", year=year, kind=_kind(kind), days=_days_said(listed[kind]))
                for year, listed in years
                for kind in KINDS
                if listed.get(kind)
            ],
        }
        lines |= {kind: list(_runs_said(days.get(kind, ()))) for kind in KINDS}
        return {name: "\n".join(filter(None, lines[name])) for name in FIELDS}

    def body_in(self, session: Session, draft: Draft) -> Body:
        faults: list[Fault] = []
        hours = {"spans": _spans(draft.get("hours", ""), faults)}
        seasons = [_season(line, faults) for line in _lines(draft, "seasons")]
        marked = {kind: _marked(_lines(draft, kind), faults) for kind in KINDS}
        years = _years(_lines(draft, "years"), faults)
        if faults:
            raise Unfit(faults)
        body = {
            "office_hours": {**hours, "seasons": seasons},
            "holidays": {**marked, "years": years},
        }
        try:
            return work_calendars.fit(session, self.place, body)
        except CalendarNotFit as problem:
            raise Unfit([Fault("contradicting", {"typed": str(problem)})]) from problem

    def lines(self, body: Body) -> list[str]:
        words = load("editing")[POLICY]["lines"]
        draft = self.draft_of(body)
        return [words[name].format(line) for name in FIELDS for line in _lines(draft, name)]

    def choices(self) -> Mapping[str, Any]:
        return {"now": " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in self.hours)}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """Which open matters get other deadlines: none from what counts already."""
        if body == body_in_force(session, self)[1]:
            return {"first": [], "count": 0}
        said = {"name": POLICY, "where": self.place, "body": body}
        terms_of = partial(work_calendars.all_terms_if, session, **said)
        return moving.outlook(
            session,
            self.desk,
            lambda seen: recomputing.moving(session, self.place, terms_of, seen),
            now,
        )

    def published(self, session: Session, made: Policy) -> None:
        work_calendars.ask_recomputing(session, self.place, made.revision, made.at + UNDER_WAY)


def _lines(draft: Draft, name: str) -> list[str]:
    return [line.strip() for line in draft.get(name, "").splitlines() if line.strip()]


def _spans(typed: str, faults: list[Fault]) -> list[str]:
    """9:00 is 09:00."""
    spans = SHORT.sub(r"0\1:", unicodedata.normalize("NFKC", typed)).split()
    try:
        if spans:
            office_hours.spans_of(office_hours.hours_in({"spans": spans}))
    except ValueError:
        faults.append(Fault("hours", {"typed": typed.strip()}))
    return spans


def _season(line: str, faults: list[Fault]) -> dict[str, Any]:
    """Its first and last day, and then the hours."""
    said = unicodedata.normalize("NFKC", line)
    between = re.escape(_words("between"))
    found = re.match(rf"{_words('day')}\s*{between}\s*{_words('day')}[:\s]+(.+)", said)
    edges = [_day_of((None, *found.group(n, n + 1)), NO_YEAR) for n in (2, 5)] if found else [None]
    if found is None or None in edges:
        faults.append(Fault("season", {"typed": line}))
        return {}
    first, last = (f"{edge:%m-%d}" for edge in edges if edge)
    return {"from": first, "to": last, "spans": _spans(found[7], faults)}


def _marked(lines: Iterable[str], faults: list[Fault]) -> list[str]:
    """Single days and runs of them, each with its year."""
    days = [day for line in lines for part in _parts(line) for day in _run(part, None, faults)]
    return sorted({day.isoformat() for day in days})


def _years(lines: Iterable[str], faults: list[Fault]) -> dict[str, dict[str, list[str]]]:
    """A whole list: 2027, off or at work, and the days."""
    kinds = {word: kind for kind, word in load("editing")[POLICY]["kinds"].items()}
    years: dict[str, dict[str, list[str]]] = {}
    for line in lines:
        said = unicodedata.normalize("NFKC", line)
        found = re.match(rf"{_words('year')}\s*({'|'.join(kinds)})[:\s]+(.+)", said)
        if found is None:
            faults.append(Fault("year", {"typed": line}))
            continue
        days = [one for part in _parts(found[3]) for one in _run(part, int(found[1]), faults)]
        listed = years.setdefault(found[1], {}).setdefault(kinds[found[2]], [])
        listed += sorted({day.isoformat() for day in days} - set(listed))
    for year, listed_days in years.items():
        if "rest" not in listed_days:
            faults.append(Fault("year", {"typed": year}))
    return years


def _parts(line: str) -> list[str]:
    said, between = unicodedata.normalize("NFKC", line), _words("between")
    joined = re.sub(rf"\s*{re.escape(between)}\s*", between, said)
    return [one for one in re.split(_words("apart"), joined) if one]


def _run(part: str, year: int | None, faults: list[Fault]) -> Iterator[date]:
    first_said, _, last_said = part.partition(_words("between"))
    first = _day_in(first_said, year)
    last = _day_in(last_said, first.year if first else year) if last_said else first
    if first is None or last is None or not first <= last < first + LONGEST:
        faults.append(Fault("day", {"typed": part}))
        return
    yield from (first + timedelta(days=n) for n in range((last - first).days + 1))


def _day_in(said: str, year: int | None) -> date | None:
    found = re.fullmatch(_words("day"), said.strip())
    return _day_of(found.groups(), year) if found else None


def _day_of(numbers: Sequence[str | None], year: int | None) -> date | None:
    own, month, day = numbers
    try:
        return date(int(own or year or 0), int(month or 0), int(day or 0))
    except ValueError:
        return None


def _season_said(season: Mapping[str, Any]) -> str:
    edges = (date.fromisoformat(f"{NO_YEAR}-{season[edge]}") for edge in ("from", "to"))
    said = (_words("written_yearly", month=one.month, day=one.day) for one in edges)
    return f"{_words('between').join(said)} {' '.join(season['spans'])}"


def _runs_said(days: Iterable[str]) -> Iterator[str]:
    """Days that follow each other as one, the whole with its year."""
    yield from (_run_said(run, "written") for run in _runs(days))


def _days_said(days: Iterable[str]) -> str:
    return " ".join(_run_said(run, "written_yearly") for run in _runs(days))


def _runs(days: Iterable[str]) -> Iterator[tuple[date, date]]:
    first = last = None
    for day in sorted(map(date.fromisoformat, days)):
        if first and last and day == last + timedelta(days=1) < first + LONGEST:
            last = day
            continue
        if first and last:
            yield first, last
        first = last = day
    if first and last:
        yield first, last


def _run_said(run: tuple[date, date], how: str) -> str:
    edges = dict.fromkeys(run)
    said = (_words(how, year=one.year, month=one.month, day=one.day) for one in edges)
    return _words("between").join(said)


def _kind(kind: str) -> str:
    return str(load("editing")[POLICY]["kinds"][kind])


def _words(name: str, **said: object) -> str:
    words = str(load("editing")[POLICY][name])
    return words.format(**said) if said else words


def _calendar(desk: Desk, session: Session, item: str, area_id: int | None) -> Calendar:
    """Nothing is said for the whole house: without an area it is the first that one serves."""
    roles = policies.editors(POLICY, "area")
    own = [one.area_id for one in desk.staff.posts if one.role in roles]
    if item or not own:
        raise NotFound(item)
    place = own[0] if area_id is None else area_id
    return Calendar(desk, place, work_calendars.terms_at(session, place).calendar.office_hours)


offer(Subject(POLICY, _calendar))
