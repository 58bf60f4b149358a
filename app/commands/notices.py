"""`linli notices`: staff write, review and schedule notices from the command line."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from app import posters
from app.commands import store
from app.commands.background import LOCAL, Moment
from app.commands.named import area_named, person_named
from app.house import now
from config.policy import load
from models.accounts import MAIN
from models.errors import (
    AlreadyDone,
    NotAllowed,
    ReasonMissing,
    TooLate,
)
from models.notices import actions, audience, chain, lists
from models.notices.actions import Reach
from models.notices.table import (
    EVERYBODY,
    Channel,
    Notice,
    NoticeState,
    audiences,
    kinds,
)
from models.places import root_area_id

WORDS: store.Words = {
    NotAllowed: "this person may not do that here; a review needs a second person",
    AlreadyDone: "there is a correction of it already",
    ReasonMissing: "a reason or an answer is missing",
    TooLate: "that moment has passed",
}

by_option = click.option("--by", "openid", required=True, help="The openid of who does it.")
account_option = click.option("--account", default=MAIN, show_default=True)
body_option = click.option(
    "--body",
    type=click.File(encoding="utf-8"),
    default="-",
    show_default=True,
    help="A file with the text; - is standard input.",
)


audience_option = click.option(
    "--audience",
    "names",
    multiple=True,
    type=click.Choice(sorted(audiences())),
    default=[EVERYBODY],
    show_default=True,
    help="For whom it is meant; may be given several times.",
)
channel_option = click.option(
    "--channel",
    "channels",
    multiple=True,
    type=click.Choice([one.value for one in Channel]),
    default=[one.value for one in Channel],
    show_default=True,
    help="By which ways it comes to them.",
)


@click.group()
def notices() -> None:
    """Notices: written by one, reviewed by another, published by the clock.

    After `schedule` the clock publishes the notice at its time and tells everybody who lives or
    serves in the area; `linli clock` and `linli worker` (or `linli run`) must be running.
    """


@notices.command()
@click.argument("kind", type=click.Choice(sorted(kinds())))
@click.argument("title")
@click.option("--area", "area_name", required=True, help="Where it applies: an area's name.")
@audience_option
@channel_option
@by_option
@account_option
@body_option
def draft(
    kind: str,
    title: str,
    area_name: str,
    names: tuple[str, ...],
    channels: tuple[str, ...],
    openid: str,
    account: str,
    body: Any,
) -> None:
    """Write a new notice of KIND with TITLE."""
    with store.writing(WORDS) as session:
        notice = actions.draft(
            session,
            kind=kind,
            title=title,
            body=body.read(),
            area_id=area_named(session, area_name).id,
            by=person_named(session, account, openid),
            at=now(),
            account=account,
            reach=Reach(names, [Channel(one) for one in channels]),
        )
        _say(notice)


@notices.command()
@click.argument("number", type=int)
@click.argument("title")
@by_option
@account_option
@body_option
def correct(number: int, title: str, openid: str, account: str, body: Any) -> None:
    """Write a new version of the published notice NUMBER; the old one stays as it was."""
    with store.writing(WORDS) as session:
        by = person_named(session, account, openid)
        correction = actions.correct(
            session, _notice(session, number), title=title, body=body.read(), by=by, at=now()
        )
        _say(correction)


@notices.command()
@click.argument("number", type=int)
@by_option
@account_option
def review(number: int, openid: str, account: str) -> None:
    """Stand by the draft NUMBER as its second reader; its text is printed."""
    with store.writing(WORDS) as session:
        notice = _notice(session, number)
        actions.review(session, notice, by=person_named(session, account, openid), at=now())
        click.echo(f"{notice.title}\n\n{notice.body}\n")
        _say(notice)


@notices.command("send-back")
@click.argument("number", type=int)
@click.argument("reason")
@by_option
@account_option
def send_back(number: int, reason: str, openid: str, account: str) -> None:
    """Send the notice NUMBER back to its author, who reads the REASON."""
    with store.writing(WORDS) as session:
        notice, by = _notice(session, number), person_named(session, account, openid)
        actions.send_back(session, notice, reason, by=by, at=now())
        _say(notice)


@notices.command()
@click.argument("number", type=int)
@click.option("--at", type=Moment(), help="When it goes out, Beijing time; the default is now.")
@by_option
@account_option
def schedule(number: int, at: datetime | None, openid: str, account: str) -> None:
    """Have the clock publish the reviewed notice NUMBER."""
    moment = now()
    with store.writing(WORDS) as session:
        notice, by = _notice(session, number), person_named(session, account, openid)
        actions.schedule(session, notice, publish_at=at or moment, by=by, at=moment)
        _say(notice)


@notices.command()
@click.argument("number", type=int)
@by_option
@account_option
def withdraw(number: int, openid: str, account: str) -> None:
    """Take back the notice NUMBER, which is not out yet."""
    with store.writing(WORDS) as session:
        notice = _notice(session, number)
        actions.withdraw(session, notice, by=person_named(session, account, openid), at=now())
        _say(notice)


@notices.command("list")
@click.option("--area", "area_name", help="Only there and within; the default is everywhere.")
def list_notices(area_name: str | None) -> None:
    """Show the latest notices with their state, time and readers."""
    with store.writing(WORDS) as session:
        area_id = area_named(session, area_name).id if area_name else root_area_id(session)
        found = lists.within(session, area_id) if area_id else ()
        reads = lists.read_counts(session, [one.id for one in found])
        for one in found:
            moment = one.published_at or one.publish_at
            when = f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}" if moment else "-"
            click.echo(
                f"{one.id:<6} {one.state:<10} {when:<16} read by {reads[one.id]:<5}"
                f" {kinds()[one.kind]['label']}: {one.title}"
            )


@notices.command()
@click.option("--expect", metavar="HASH", help="A hash noted earlier: it must be in the chain.")
def verify(expect: str | None) -> None:
    """Check the archive: every version that was archived, bound to the one before it.

    Prints the number of links and the hash that stands for all of them. Ends with an error that
    names the first link that does not hold, or says that the expected hash is not there.
    """
    with store.opened(WORDS) as database, database.reading() as session:
        verdict = chain.verify(session, expect)
    broken = verdict.broken
    if broken is not None:
        raise click.ClickException(
            f"link {broken.position} (notice {broken.notice_id}) does not hold: {broken.flaw}"
        )
    if verdict.was_seen is False:
        raise click.ClickException(f"the expected hash is not among {verdict.links} links")
    click.echo(f"{verdict.links} links hold, the last is {verdict.head}")


@notices.command("poster")
@click.argument("number", type=int)
@click.argument("file", type=click.File("wb"))
def print_poster(number: int, file: Any) -> None:
    """Write the A4 page of the notice NUMBER to a PDF FILE; - is standard output."""
    with store.opened(WORDS) as database:
        with database.reading() as session:
            drawn = posters.poster(session, _notice(session, number), now())
        file.write(posters.printed(drawn))


@notices.command()
@click.argument("openid")
@click.argument("name", type=click.Choice(sorted(load("notices")["tag"])))
@click.option("--remove", is_flag=True, help="The person belongs to this group no more.")
@click.option("--by", required=True, help="The openid of who says so.")
@account_option
def tag(openid: str, name: str, remove: bool, by: str, account: str) -> None:
    """Say that the person OPENID belongs to the group NAME, for notices meant for it."""
    change = audience.untag if remove else audience.tag
    with store.writing(WORDS) as session:
        who, keeper = (person_named(session, account, one) for one in (openid, by))
        change(session, who, name, by=keeper, at=now())


def _say(notice: Notice) -> None:
    at = notice.publish_at
    click.echo(
        f"{notice.id} {notice.state} {at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
        if at and notice.state == NoticeState.SCHEDULED
        else f"{notice.id} {notice.state}"
    )


def _notice(session: Session, number: int) -> Notice:
    notice = session.get(Notice, number)
    if notice is None:
        raise click.ClickException(f"no notice has the number {number}")
    return notice
