"""`linli directory`: staff bring in, list and take out what residents ask about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.commands import store
from app.commands.background import LOCAL
from app.commands.named import area_named, person_named
from app.directory_sheet import (
    BadRow,
    Row,
    Unreadable,
    csv_sheet,
    json_sheet,
    read_sheet,
    sheet_row,
)
from app.house import now
from models.accounts import MAIN
from models.directory import actions, lists, questions
from models.directory.details import EntryNotFit, details_of
from models.directory.table import DirectoryEntry, kinds
from models.errors import AlreadyDone, DomainError, NotAllowed
from models.places import Area

WORDS: store.Words = {
    NotAllowed: "this person may not write for this area",
    AlreadyDone: "it was replaced or taken out before",
}
SHEETS = {"csv": csv_sheet, "json": json_sheet}

by_option = click.option("--by", "openid", required=True, help="The openid of who does it.")
account_option = click.option("--account", default=MAIN, show_default=True)
area_option = click.option("--area", "area_name", help="Only there and within.")


@click.group()
def directory() -> None:
    """The directory: charging stations, fees, papers, canteens ... answered in chat.

    Entries are good in their area and all within it. What is brought in again under the same
    area, kind and title becomes a newer version; older versions are kept.
    """


@dataclass
class _Import:
    """What is under way: who brings it in, what was done so far, row by row."""

    session: Session
    by: int
    at: datetime
    done: Counter[str] = field(default_factory=Counter)
    taken: set[tuple[int, str, str]] = field(default_factory=set)


@directory.command("import")
@click.argument("file", type=click.File("rb"))
@by_option
@account_option
def import_sheet(file: Any, openid: str, account: str) -> None:
    """Bring in FILE (CSV or JSON, - is standard input): all of it, or nothing.

    Each row is reported. One row that is refused keeps everything out.
    """
    try:
        rows = read_sheet(file.read())
    except Unreadable as problem:
        raise click.ClickException(str(problem)) from problem
    with store.writing(WORDS) as session:
        work = _Import(session, person_named(session, account, openid), now())
        for row in rows:
            click.echo(_report(work, row))
        refused = work.done.pop("refused", 0)
        if refused:
            raise click.ClickException(f"{refused} of {len(rows)} rows refused; nothing was kept")
    click.echo(", ".join(f"{count} {what}" for what, count in sorted(work.done.items())))


def _report(work: _Import, row: Row | BadRow) -> str:
    """Takes in one row; says what became of it."""
    reasons: Sequence[str] = ()
    what = "refused"
    if isinstance(row, BadRow):
        reasons = row.reasons
    else:
        try:
            what = _take_in(work, row)
        except EntryNotFit as refusal:
            reasons = [f"{one.field}: {one.code}" for one in refusal.problems]
        except DomainError as refusal:
            reasons = [_words(refusal)]
        except click.ClickException as refusal:
            reasons = [refusal.message]
    work.done[what] += 1
    title = "" if isinstance(row, BadRow) else f" {row.details.title}"
    return f"row {row.number}: {what}{title}" + (f" ({'; '.join(reasons)})" if reasons else "")


def _take_in(work: _Import, row: Row) -> str:
    session, details = work.session, row.details
    area_id = area_named(session, row.area).id
    key = (area_id, details.kind, details.title)
    if key in work.taken:
        raise click.ClickException("the same area, kind and title stand in a row above")
    work.taken.add(key)
    there = lists.named(session, *key)
    if there is None:
        actions.add(session, details, area_id=area_id, by=work.by, at=work.at)
        return "added"
    if details.says_same(there):
        return "unchanged"
    actions.revise(session, there, details, by=work.by, at=work.at)
    return "revised"


@directory.command("list")
@area_option
@click.option("--kind", type=click.Choice(sorted(kinds())))
def list_entries(area_name: str | None, kind: str | None) -> None:
    """Show the entries in force, with those of days to come and days past."""
    with store.writing(WORDS) as session:
        for one in _within(session, area_name):
            if kind in (None, one.kind):
                _say(session, one)


@directory.command()
@click.argument("number", type=int)
def history(number: int) -> None:
    """Show every version of the entry NUMBER."""
    with store.writing(WORDS) as session:
        found = lists.versions(session, number)
        if not found:
            raise click.ClickException(f"no entry has the number {number}")
        for one in found:
            ended = f" until {_moment(one.ended_at)}" if one.ended_at else ""
            click.echo(f"version {one.version}: {_moment(one.created_at)}{ended}")
            click.echo(f"  {one.title}: {one.text}")


@directory.command()
@area_option
@click.option("--format", "kind", type=click.Choice(sorted(SHEETS)), default="csv")
def export(area_name: str | None, kind: str) -> None:
    """Write the entries in force to standard output; `import` reads them back."""
    with store.writing(WORDS) as session:
        named = _area_names(session)
        rows = [
            sheet_row(one.number, named[one.area_id], details_of(one))
            for one in _within(session, area_name)
        ]
    click.echo(SHEETS[kind](rows), nl=False)


@directory.command()
@click.argument("number", type=int)
@by_option
@account_option
def withdraw(number: int, openid: str, account: str) -> None:
    """Take out the entry NUMBER; its versions are kept."""
    with store.writing(WORDS) as session:
        found = [one for one in lists.versions(session, number) if one.ended_at is None]
        if not found:
            raise click.ClickException(f"no entry in force has the number {number}")
        actions.withdraw(session, found[0], by=person_named(session, account, openid), at=now())
        click.echo(f"{number} withdrawn")


@directory.command()
@area_option
def unanswered(area_name: str | None) -> None:
    """Show the questions that wait for an answer, the oldest first.

    They are answered in chat: 回复 and the number, then the words.
    """
    with store.writing(WORDS) as session:
        area_id = area_named(session, area_name).id if area_name else None
        for question, ticket in questions.waiting(session, area_id):
            words = " ".join((ticket.text or "").split())
            place = ticket.place_name or "-"
            click.echo(f"#{ticket.id:<6} {_moment(question.asked_at)} {place} {words}")


def _words(refusal: DomainError) -> str:
    return WORDS.get(type(refusal), str(refusal))


def _within(session: Session, area_name: str | None) -> Sequence[DirectoryEntry]:
    return lists.within(session, area_named(session, area_name).id if area_name else None)


def _area_names(session: Session) -> dict[int, str]:
    """Each area's name, or its number where several bear the name."""
    shared = set(session.scalars(select(Area.name).group_by(Area.name).having(func.count() > 1)))
    rows = session.execute(select(Area.id, Area.name))
    return {area_id: str(area_id) if name in shared else name for area_id, name in rows}


def _say(session: Session, one: DirectoryEntry) -> None:
    area = session.get_one(Area, one.area_id).name
    days = f"{one.since_on} - {one.until_on or ''}".rstrip(" -")
    click.echo(
        f"{one.number:<6} v{one.version} {area} {kinds()[one.kind]['label']}: {one.title} ({days})"
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
