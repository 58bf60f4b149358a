"""Resting APIs: what the platform will refuse for a while is not asked for."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from jobs.channels.refusals import ApiRefused, ApiStopped
from jobs.channels.rulings import Action
from models.accounts import EVERY_API, resting, stop
from models.base import Database
from models.localtime import end_of_day

log = structlog.get_logger(__name__)


def check(session: Session, account: str, api: str, now: datetime) -> None:
    """Raises ApiStopped when the account or this API rests."""
    found = resting(session, account, api, now)
    if found is not None:
        raise ApiStopped(*found)


def heed(database: Database, account: str, refusal: ApiRefused, now: datetime) -> None:
    """Remembers a refusal that holds for more than the one call, and calls for a person."""
    ruling = refusal.ruling
    until = _until(ruling.action, now)
    is_news = True
    if until is not None:
        api = EVERY_API if ruling.action is Action.STOP_ACCOUNT else refusal.api
        reason = f"{refusal.errcode} {ruling.means}"
        with database.writing() as session:
            is_news = stop(session, account, api, until, reason, now)
    if ruling.needs_person and is_news:
        log.error(
            "alert",
            about="account",
            account=account,
            api=refusal.api,
            errcode=refusal.errcode,
            means=ruling.means,
        )


def _until(action: Action, now: datetime) -> datetime | None:
    if action is Action.NEXT_MINUTE:
        return now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if action is Action.STOP_API_UNTIL_MIDNIGHT:
        return end_of_day(now)
    if action in (Action.STOP_API, Action.STOP_ACCOUNT):
        return now + timedelta(minutes=load("channels")["delivery"]["stop_minutes"])
    return None
