"""A round: begun and ended at a person's word, with the points they chose to scan."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.policy import load
from models import events
from models.events import Fact
from models.metrics.periods import Period
from models.patrols.table import CheckPoint, Round, RoundPoint
from models.places import inner_areas

KIND = "round"
STARTED, ENDED = "round_started", "round_ended"
FEWEST_WALKERS = 2  # the figures of a team of one are that person's own


def under_way(session: Session, person_id: int, now: datetime) -> Round | None:
    """One that was left open for hours is over, without a word about it."""
    since = now - timedelta(hours=load("hazards")["rounds"]["longest_hours"])
    return session.scalars(
        select(Round).where(
            Round.person_id == person_id, Round.ended_at.is_(None), Round.started_at > since
        )
    ).first()


def latest(session: Session, person_id: int) -> Round | None:
    return session.scalars(
        select(Round)
        .where(Round.person_id == person_id)
        .order_by(Round.started_at.desc(), Round.id.desc())
        .limit(1)
    ).first()


def start(session: Session, person_id: int, account: str, area_id: int, *, at: datetime) -> Round:
    """The one under way, if there is one."""
    walk = under_way(session, person_id, at)
    if walk is not None:
        return walk
    end_all(session, person_id, at)
    walk = Round(account=account, person_id=person_id, area_id=area_id, started_at=at)
    session.add(walk)
    _tell(session, walk, STARTED, at)
    return walk


def end(session: Session, walk: Round, *, at: datetime) -> None:
    walk.ended_at = at
    _tell(session, walk, ENDED, at)


def end_all(session: Session, person_id: int, at: datetime) -> None:
    """What this person left open, without a word to anybody."""
    session.execute(
        update(Round)
        .where(Round.person_id == person_id, Round.ended_at.is_(None))
        .values(ended_at=at)
    )


def end_forgotten(session: Session, now: datetime) -> int:
    """Rounds left open, and points that are of no use to their walkers any more; says how many."""
    table = load("hazards")["rounds"]
    left = session.execute(
        update(Round)
        .where(
            Round.ended_at.is_(None),
            Round.started_at <= now - timedelta(hours=table["longest_hours"]),
        )
        .values(ended_at=now)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        delete(RoundPoint)
        .where(RoundPoint.at <= now - timedelta(days=table["points_kept_days"]))
        .execution_options(synchronize_session=False)
    )
    return len(left)


def scan(session: Session, walk: Round, point: CheckPoint, *, at: datetime) -> None:
    """Again at the same point: the later time counts."""
    put = insert(RoundPoint).values(round_id=walk.id, check_point_id=point.id, at=at)
    keys = ["round_id", "check_point_id"]
    session.execute(put.on_conflict_do_update(index_elements=keys, set_={"at": at}))


def points_of(session: Session, walk: Round) -> Sequence[str]:
    """The names of the points that were scanned, in that order."""
    return session.scalars(
        select(CheckPoint.name)
        .join(RoundPoint, RoundPoint.check_point_id == CheckPoint.id)
        .where(RoundPoint.round_id == walk.id)
        .order_by(RoundPoint.at, CheckPoint.id)
    ).all()


def standing_at(session: Session, walk: Round, now: datetime) -> CheckPoint | None:
    """The point scanned last, as long as what is said may be about it."""
    since = now - timedelta(minutes=load("hazards")["rounds"]["at_point_minutes"])
    return session.scalars(
        select(CheckPoint)
        .join(RoundPoint, RoundPoint.check_point_id == CheckPoint.id)
        .where(RoundPoint.round_id == walk.id, RoundPoint.at > since)
        .order_by(RoundPoint.at.desc(), CheckPoint.id.desc())
        .limit(1)
    ).first()


def forget(session: Session, person_id: int, now: datetime) -> None:
    """Where an erased person walked goes; that somebody walked stays counted."""
    end_all(session, person_id, now)
    mine = select(Round.id).where(Round.person_id == person_id)
    session.execute(
        delete(RoundPoint)
        .where(RoundPoint.round_id.in_(mine))
        .execution_options(synchronize_session=False)
    )


def walked(session: Session, area_id: int, period: Period) -> int | None:
    """How many rounds a team walked in an area; None where only one person did."""
    rounds, walkers = session.execute(
        select(func.count(Round.id), func.count(Round.person_id.distinct())).where(
            Round.area_id.in_(inner_areas(area_id)),
            Round.started_at >= period.since,
            Round.started_at < period.until,
        )
    ).one()
    return rounds if walkers >= FEWEST_WALKERS or not rounds else None


def _tell(session: Session, walk: Round, verb: str, at: datetime) -> None:
    session.flush()
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind=KIND,
            subject_id=walk.id,
            at=at,
            account=walk.account,
            actor_id=walk.person_id,
            area_id=walk.area_id,
        ),
    )
