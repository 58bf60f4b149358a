"""While it is under way: progress, milestones reached or postponed, and the end."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from config.policy import load
from models.legacy import lists, sides, telling
from models.legacy.flow import LegacyAction, LegacyOutcome
from models.legacy.steps import STEPS
from models.legacy.table import LegacyProblem, Milestone, Progress
from models.progress import ask_for_look


def note(session: Session, problem: LegacyProblem, text: str, *, by: int, at: datetime) -> None:
    """进展: for everybody to read on the page, once a second person has looked at it."""
    step = STEPS.begin(session, problem, LegacyAction.NOTE, by=by, at=at, words=text)
    parties = {"second": _keep(session, problem, text, by, at)}
    telling.tell(session, problem, step.said(parties=parties, words=text))


def publish(session: Session, told: Progress, *, by: int, at: datetime) -> None:
    """By anybody else who works on it."""
    problem = session.get_one(LegacyProblem, told.problem_id)
    step = STEPS.begin(session, problem, LegacyAction.PUBLISH, by=by, at=at)
    told.publish(by=by, at=at)
    telling.tell(session, problem, step.said(detail={"note": told.id}))


def reach(session: Session, milestone: Milestone, words: str, *, by: int, at: datetime) -> None:
    """节点完成: the residents hear of it."""
    problem = session.get_one(LegacyProblem, milestone.problem_id)
    step = STEPS.begin(session, problem, LegacyAction.REACH, by=by, at=at)
    milestone.reach(at)
    parties = _everybody(session, problem, at)
    if words.strip():
        parties["second"] = _keep(session, problem, words, by, at)
    following = next(iter(lists.waiting(session, problem)), None)
    context = telling.of_milestone(milestone) | {
        "next": telling.of_milestone(following) if following else None
    }
    said = step.said(
        parties=parties,
        detail={"milestone": milestone.id},
        context=context,
        words=words.strip() or None,
    )
    telling.tell(session, problem, said)


def postpone(
    session: Session, milestone: Milestone, due_on: date, reason: str, *, by: int, at: datetime
) -> None:
    """节点推迟: with the reason, which the residents read too."""
    problem = session.get_one(LegacyProblem, milestone.problem_id)
    step = STEPS.begin(session, problem, LegacyAction.POSTPONE, by=by, at=at, words=reason)
    old = milestone.postpone(due_on, reason, load("legacy"), at)
    said = step.said(
        parties=_everybody(session, problem, at),
        detail={
            "milestone": milestone.id,
            "before": old.isoformat(),
            "after": due_on.isoformat(),
        },
        context=telling.of_milestone(milestone),
        words=reason.strip(),
    )
    telling.tell(session, problem, said)


def end(
    session: Session,
    problem: LegacyProblem,
    outcome: LegacyOutcome,
    result: str,
    *,
    by: int,
    at: datetime,
) -> None:
    """办结, honestly: solved, eased, or not to be solved for now. What was left is dropped."""
    step = STEPS.begin(session, problem, LegacyAction.END, by=by, at=at, words=result)
    problem.outcome, problem.result, problem.ended_at = outcome, result.strip(), at
    dropped = lists.waiting(session, problem)
    for one in dropped:
        one.drop()
    said = step.said(
        parties=_everybody(session, problem, at),
        detail={"outcome": outcome, "dropped": [one.id for one in dropped]},
        context={"result": problem.result},
        words=result.strip(),
    )
    telling.tell(session, problem, said)


def _keep(session: Session, problem: LegacyProblem, text: str, by: int, at: datetime) -> list[int]:
    """Returns who is asked to look at it."""
    told = Progress(problem_id=problem.id, author_id=by, text=text.strip(), at=at)
    session.add(told)
    others = sides.readers(session, problem, at)
    return ask_for_look(session, (telling.SUBJECT, problem.title), told, others, at)


def _everybody(session: Session, problem: LegacyProblem, at: datetime) -> dict[str, list[int]]:
    people = sides.residents(session, problem)
    workers = [one for one in sides.workers(session, problem, at) if one not in people]
    return {"residents": people, "force": workers}
