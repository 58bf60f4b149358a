"""`linli hazards`: the figures of the hazard ledger, and the check points of rounds."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.commands.background import background_store
from app.commands.named import area_named
from app.house import now
from config.policy import load
from config.settings import Settings
from models.errors import AlreadyDone, NotFound
from models.hazards.figures import Axis, HazardCount, HazardSheet, sheet
from models.localtime import local
from models.metrics.periods import Period, Span, holding
from models.patrols import points as check_points
from models.patrols import rounds
from models.places import Area, full_name, root_area_id

NOTHING = "-"


@click.group()
def hazards() -> None:
    """Hazards found, solved on the spot, passed up and rectified; never by person."""


@hazards.command()
@click.option("--area", "area_name", help="An area's name; the default is the whole house.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, within.")
@click.option("--by", type=click.Choice([str(one) for one in Axis]), help="One row for each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    area_name: str | None,
    first: datetime | None,
    last: datetime | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Print what was found in an area; without days, in this month."""
    period = _period(first, last)
    with background_store(Settings()) as database, database.reading() as session:
        area = _area(session, area_name)
        axis = Axis(by) if by else None
        found = sheet(session, area.id, period, axis)
        labels = _labels(session, axis, found)
        walked = rounds.walked(session, area.id, period)
    say = _as_json if as_json else _as_lines
    click.echo(say(area.name, period, found, labels, walked))


@hazards.group()
def points() -> None:
    """Check points of rounds: for those who want to scan; nobody has to."""


@points.command("add")
@click.argument("area_name", metavar="AREA")
@click.argument("name")
def add_point(area_name: str, name: str) -> None:
    """Add the check point NAME to AREA, and say its scene for `linli qr`."""
    with background_store(Settings()) as database, database.writing() as session:
        area = area_named(session, area_name)
        try:
            point = check_points.add(session, area, name, at=now())
        except AlreadyDone as known:
            raise click.ClickException(f"{area_name} has a check point {name} already") from known
        click.echo(f"{point.scene}: {full_name(session, area.id)} {point.name}")


@points.command("list")
@click.option("--area", "area_name", help="An area's name; the default is the whole house.")
def list_points(area_name: str | None) -> None:
    """List the check points in use."""
    with background_store(Settings()) as database, database.reading() as session:
        for point in check_points.within(session, _area(session, area_name).id):
            click.echo(f"{point.scene}: {full_name(session, point.area_id)} {point.name}")


@points.command("retire")
@click.argument("scene")
def retire_point(scene: str) -> None:
    """Take the check point of SCENE out of use."""
    with background_store(Settings()) as database, database.writing() as session:
        try:
            point = check_points.retire(session, scene, at=now())
        except NotFound as missing:
            raise click.ClickException(f"no check point in use has the scene {scene}") from missing
        click.echo(f"{point.scene}: {point.name} is out of use")


def _period(first: datetime | None, last: datetime | None) -> Period:
    if first is None and last is not None:
        raise click.UsageError("--to needs --from")
    if first is None:
        return holding(local(now()).date(), Span.MONTH)
    if last is not None and last < first:
        raise click.UsageError("--to lies before --from")
    return Period(first.date(), (last or first).date())


def _area(session: Session, name: str | None) -> Area:
    root = root_area_id(session)
    if name is None and root is None:
        raise click.ClickException("this house has no area yet; see linli init")
    return area_named(session, name) if name else session.get_one(Area, root)


def _labels(session: Session, axis: Axis | None, found: HazardSheet) -> Mapping[str, str]:
    """Key of a row → what people call it."""
    labels = load("labels")
    named = {**labels["hazard_count"], **labels["finder"]}
    if axis in (None, Axis.FINDER):
        return named
    ids = [int(key) for key in found.rows if key.isdecimal()]
    rows = session.execute(select(Area.id, Area.name).where(Area.id.in_(ids)))
    return named | {str(area_id): name for area_id, name in rows}


def _as_lines(
    area: str, period: Period, found: HazardSheet, labels: Mapping[str, str], walked: int | None
) -> str:
    heads = load("labels")["hazard_count"]
    rows = [(labels[key], counts) for key, counts in sorted(found.rows.items())]
    lines = [
        f"{label}: " + ", ".join(f"{heads[str(one)]} {counts[one]}" for one in HazardCount)
        for label, counts in [*rows, (heads["whole"], found.whole)]
    ]
    # None: one person alone walked, and how often is theirs to know.
    lines.append(f"{heads['rounds']}: {NOTHING if walked is None else walked}")
    return "\n".join([f"{area} {period.first} – {period.last}", *lines])


def _as_json(
    area: str, period: Period, found: HazardSheet, labels: Mapping[str, str], walked: int | None
) -> str:
    return json.dumps(
        {
            "area": area,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "whole": _plain(found.whole),
            "rounds": walked,
            "rows": [
                {"key": key, "label": labels[key], **_plain(counts)}
                for key, counts in sorted(found.rows.items())
            ],
        },
        ensure_ascii=False,
    )


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {str(one): counts[one] for one in HazardCount}
