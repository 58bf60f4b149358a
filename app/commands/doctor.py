"""`linli doctor`: what is wrong with this installation, and what to do."""

import json
from dataclasses import asdict

import click

from app.doctor.examination import Result, examine
from app.doctor.findings import Level
from app.doctor.patient import opened
from app.house import now
from config.settings import Settings, with_kept_keys

MARKS = {Level.OK: "ok", Level.WARNING: "WARN", Level.WRONG: "WRONG", Level.UNSEEN: "-"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def doctor(as_json: bool) -> None:
    """Look at settings, database, Redis, clocks, WeChat, this machine and the work that waits.

    Changes nothing and prints no key. Ends with 1 when something is wrong.
    """
    with opened(with_kept_keys(Settings()), now()) as house:
        results = list(examine(house))
    (_print_json if as_json else _print_lines)(results)
    if _count(results, Level.WRONG):
        raise SystemExit(1)


def _count(results: list[Result], level: Level) -> int:
    return sum(one.finding.level is level for one in results)


def _print_json(results: list[Result]) -> None:
    found = [{"check": one.check, **asdict(one.finding)} for one in results]
    counts = {str(level): _count(results, level) for level in Level}
    click.echo(json.dumps({"findings": found, "counts": counts}, ensure_ascii=False))


def _print_lines(results: list[Result]) -> None:
    for one in results:
        click.echo(f"{MARKS[one.finding.level]:<6}{one.check:<20}{one.finding.says}")
        if one.finding.todo:
            click.echo(f"{'':<26}→ {one.finding.todo}")
    click.echo(
        f"{_count(results, Level.WRONG)} wrong, {_count(results, Level.WARNING)} warnings,"
        f" {_count(results, Level.OK)} ok"
    )
