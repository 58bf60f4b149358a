"""What the console reads of the job runs, and asking for one by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import events, tasks
from models.errors import AlreadyDone, NotAllowed
from models.events import Fact
from models.job_runs import FIRST_SEEN, JobRun, RunState
from models.roster import rights
from models.roster.rights import Right

TASK = "run_job"


def latest(session: Session, jobs: Sequence[str]) -> dict[str, JobRun]:
    """Of each job the latest firing of the schedule; the row of its first sight while none was."""
    last = [
        select(JobRun.id)
        .where(JobRun.job == job, JobRun.is_manual.is_(False))
        .order_by(JobRun.due_at.desc())
        .limit(1)
        .scalar_subquery()
        for job in jobs
    ]
    return {one.job: one for one in session.scalars(select(JobRun).where(JobRun.id.in_(last)))}


def failures(session: Session, jobs: Sequence[str], since: datetime) -> Mapping[str, int]:
    """How many firings due since then stand as failed."""
    rows = session.execute(
        select(JobRun.job, func.count())
        .where(JobRun.job.in_(jobs), JobRun.due_at >= since, JobRun.state == RunState.FAILED)
        .group_by(JobRun.job)
    )
    return dict(rows.all())


def runs(
    session: Session,
    job: str,
    *,
    states: Sequence[RunState] = (),
    since: datetime = FIRST_SEEN,
    before: int | None = None,
    limit: int,
) -> Sequence[JobRun]:
    """The latest first; `before` is the run where a page ended."""
    found = select(JobRun).where(
        JobRun.job == job, JobRun.due_at >= since, JobRun.due_at > FIRST_SEEN
    )
    if states:
        found = found.where(JobRun.state.in_(states))
    if before is not None:
        ended = select(JobRun.due_at).where(JobRun.id == before).scalar_subquery()
        found = found.where(JobRun.due_at < ended)
    return session.scalars(found.order_by(JobRun.due_at.desc()).limit(limit)).all()


def may_ask(session: Session, by: int, at: datetime) -> bool:
    return bool(rights.places_of(session, Right.RUN_JOBS, by, at))


def ask(session: Session, job: str, due_at: datetime, *, by: int, at: datetime) -> None:
    """Has a worker run it as if it were `due_at`; asked for twice in a minute it runs once."""
    if not may_ask(session, by, at):
        raise NotAllowed(number=job)
    key = f"{TASK}:{job}:{at:%Y-%m-%dT%H:%M}"
    moment = due_at.isoformat()
    task_id = tasks.ask(session, TASK, {"job": job, "at": moment}, at, key, at)
    if task_id is None:
        raise AlreadyDone(job)
    fact = Fact(
        verb="job_asked_for",
        subject_kind="task",
        subject_id=task_id,
        at=at,
        actor_id=by,
        detail={"job": job, "due_at": moment},
    )
    events.record(session, fact)
