"""What goes on without a person: clocks, workers, messages, and the years the calendar knows."""

from datetime import timedelta

from app.doctor.findings import Finding, Findings, Level, ok, warning, wrong
from app.doctor.patient import House
from config.policy import load
from models import job_lists, job_runs, vital_signs, work_calendars
from models.localtime import local
from models.places import root_area_id

EVERY_MINUTE = "sweep"
DAY = timedelta(days=1)


def clocks(house: House) -> Findings:
    with house.database.reading() as session:
        last = job_runs.last_due(session, EVERY_MINUTE)
    if last is None:
        yield wrong("no clock has ever run here", "start `linli clock`")
        return
    silent = (house.now - last).total_seconds()
    if silent > load("doctor")["clock_seconds"]:
        yield wrong(f"no clock has fired anything for {silent:.0f} s", "start `linli clock`")
    else:
        yield ok(f"a clock fired {silent:.0f} s ago")


def jobs(house: House) -> Findings:
    with house.database.reading() as session:
        failed = job_lists.failures(session, list(load("schedule")["job"]), house.now - DAY)
    for name, times in failed.items():
        yield warning(
            f"the job {name} failed {times} times in a day",
            f"`linli job run {name}` shows why; the page of the jobs repeats it",
        )
    if not failed:
        yield ok("no job has failed for a day")


def signs(house: House) -> Findings:
    """Every reading of the house against the limits of config/doctor.toml."""
    limits = {row["name"]: row for row in load("doctor")["sign"]}
    with house.database.reading() as session:
        readings = list(vital_signs.readings(session, house.now))
    found = [
        Finding(
            Level(row["level"]),
            row["says"].format(value=abs(one.value), **one.labels),
            row["todo"],
        )
        for one in readings
        if (row := limits.get(one.sign)) and _is_past(one.value, row)
    ]
    yield from found
    if not found:
        yield ok("work, messages and pushes are where they should be")


def _is_past(value: float, row: dict[str, float]) -> bool:
    return value > row["above"] if "above" in row else value < row["below"]


def calendar(house: House) -> Findings:
    with house.database.reading() as session:
        known = work_calendars.terms_at(session, root_area_id(session)).calendar.is_known
    year = local(house.now).year
    todo = "enter the State Council's list with `linli calendar`; deadlines guess until then"
    if not known(year):
        yield wrong(f"the holidays of {year} are not known", todo)
    elif not known(year + 1):
        yield warning(f"the holidays of {year + 1} are not known", todo)
    else:
        yield ok(f"the holidays of {year} and {year + 1} are known")
