"""Matters handed on to other houses: filed once, then asked after until they are closed there."""

from datetime import datetime

from jobs.channels import open311_client
from jobs.channels.wire import NotReached, TooLarge, TurnedAway, Unanswered
from jobs.queue import task
from jobs.schedule import job
from models import tasks
from models.base import Database
from models.open311 import referrals
from models.open311.referrals import FILE, FOLLOW


@task(FILE)
def file_away(database: Database, now: datetime, referral_id: int) -> None:
    """Begun is kept before anything is sent, so that what a crash left is not sent twice."""
    with database.writing() as session:
        form = referrals.begin(session, referral_id, now)
        away = referrals.away(session, referral_id)
    if form is None:
        return
    try:
        given = open311_client.file(away, form)
    except TurnedAway:
        with database.writing() as session:
            referrals.refused(session, referral_id, now)
    except NotReached:
        with database.writing() as session:
            is_given_up = referrals.not_reached(session, referral_id, now)
        if not is_given_up:
            raise
    except (Unanswered, TooLarge):
        with database.writing() as session:
            referrals.lost(session, referral_id, now)
    else:
        with database.writing() as session:
            referrals.filed(session, referral_id, given.number, given.token, now)


@job("open311_follow")
def follow_all(database: Database, now: datetime) -> str | None:
    """Each by itself, so that a house that does not answer holds up no other."""
    with database.writing() as session:
        found = referrals.to_follow(session, now)
        for one in found:
            key = f"{FOLLOW}:{one}:{now.isoformat()}"
            tasks.ask(session, FOLLOW, {"referral_id": one}, now, key, now)
    return str(len(found)) if found else None


@task(FOLLOW)
def follow(database: Database, now: datetime, referral_id: int) -> None:
    """One that can not be asked now is asked after the next time that it is due."""
    with database.reading() as session:
        away = referrals.away(session, referral_id)
    try:
        number = away.number or open311_client.number_of(away)
        found = open311_client.standing(away, number) if number else None
    except (NotReached, Unanswered, TooLarge):
        return
    with database.writing() as session:
        if number and not away.number:
            referrals.numbered(session, referral_id, number)
        if found is not None and found.is_closed:
            referrals.answered(session, referral_id, found.notes, now)
