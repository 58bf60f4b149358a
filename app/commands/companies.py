"""`linli companies`: property companies, and which of them serves an estate from when to when."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from app.commands import store
from app.commands.background import LOCAL
from app.commands.named import area_named, person_named
from app.house import now
from models import companies as contracts
from models.accounts import MAIN
from models.companies import Company, ServiceContract
from models.errors import NotAllowed
from models.people import Person
from models.places import Area, root_area_id

WORDS: store.Words = {NotAllowed: "this person may not sign for this estate"}
DAY = click.DateTime(["%Y-%m-%d"])

estate_argument = click.argument("estate_name", metavar="ESTATE")
company_argument = click.argument("company_name", metavar="COMPANY")
from_option = click.option("--from", "first", type=DAY, required=True, help="First day.")
to_option = click.option("--to", "last", type=DAY, help="Last day, within; none: no end.")
by_option = click.option("--by", "openid", help="The openid of who decides; none: the operator.")


def beginning(command: Callable[..., None]) -> Callable[..., None]:
    """What a contract needs to begin."""
    for option in (by_option, to_option, from_option, company_argument, estate_argument):
        command = option(command)
    return command


@click.group()
def companies() -> None:
    """Property companies and their service contracts; an estate has one company a day.

    Figures of companies follow the contract of the day on which a matter was reported.
    """


@companies.command("list")
@click.option("--area", "area_name", help="An area's name; the default is the whole house.")
@click.option("--on", "day", type=DAY, help="Contracts from this day on; the default is today.")
def list_contracts(area_name: str | None, day: datetime | None) -> None:
    """Which company serves which estate, and who will."""
    with store.opened(WORDS) as database, database.reading() as session:
        area_id = area_named(session, area_name).id if area_name else root_area_id(session)
        since = day.date() if day else _today()
        for estate, company, contract in contracts.contracts_within(session, area_id or 0, since):
            click.echo(f"{estate.name}: {company.name} {_term(contract)}")


@companies.command()
@beginning
def sign(estate_name: str, company_name: str, **asked: Any) -> None:
    """COMPANY serves ESTATE from a day on; a name nobody knows yet is a new company."""
    with store.writing(WORDS) as session:
        _begin(session, contracts.sign, estate_name, company_name, **asked)


@companies.command("hand-over")
@beginning
def hand_over(estate_name: str, company_name: str, **asked: Any) -> None:
    """COMPANY takes ESTATE over on a day; the day before is the last of who serves it."""
    with store.writing(WORDS) as session:
        estate = _begin(session, contracts.hand_over, estate_name, company_name, **asked)
        _tell_posts(session, estate)


@companies.command()
@estate_argument
@click.option("--last", type=DAY, required=True, help="The last day on which it serves.")
@by_option
def end(estate_name: str, last: datetime, openid: str | None) -> None:
    """The contract of ESTATE that runs on its last day ends with it."""
    with store.writing(WORDS) as session:
        estate = area_named(session, estate_name)
        running = contracts.contract_of(session, estate.id, last.date())
        if running is None:
            raise click.ClickException(f"nobody serves {estate.name} on {last:%Y-%m-%d}")
        contracts.end(session, running, last.date(), **_said(session, openid))
        _tell(estate, session.get_one(Company, running.company_id), running)
        _tell_posts(session, estate)


def _begin(
    session: Session,
    verb: Callable[..., ServiceContract],
    estate_name: str,
    company_name: str,
    *,
    first: datetime,
    last: datetime | None,
    openid: str | None,
) -> Area:
    estate, company = _both(session, estate_name, company_name)
    made = verb(session, company, estate, first.date(), _date(last), **_said(session, openid))
    _tell(estate, company, made)
    return estate


def _both(session: Session, estate_name: str, company_name: str) -> tuple[Area, Company]:
    name = company_name.strip()
    if not name:
        raise click.UsageError("a company needs a name")
    return area_named(session, estate_name), contracts.company_named(session, name)


def _said(session: Session, openid: str | None) -> dict[str, Any]:
    return {"by": person_named(session, MAIN, openid) if openid else None, "at": now()}


def _today() -> date:
    return now().astimezone(LOCAL).date()


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _term(contract: ServiceContract) -> str:
    return f"{contract.starts_on}..{contract.ends_on or ''}"


def _tell(estate: Area, company: Company, contract: ServiceContract) -> None:
    click.echo(f"{estate.name}: {company.name} {_term(contract)}")


def _tell_posts(session: Session, estate: Area) -> None:
    """Who keeps a post goes on getting matters of the estate, and reading them."""
    for post in contracts.posts_in(session, estate.id, now()):
        name = session.get_one(Person, post.person_id).name or post.person_id
        click.echo(f"post {post.id} of {name} goes on; end it if they leave with the company")
