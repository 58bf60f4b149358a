"""While a project goes on: progress with photos, milestones, its last day, and how it ended."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, milestones
from models.errors import NotFound
from models.progress import ask_for_look
from models.projects import lists, sides
from models.projects.flow import ProjectAction, ProjectState, Side
from models.projects.making import ProjectUnfit, check_day
from models.projects.steps import STEPS, tell
from models.projects.table import Project, ProjectMilestone, ProjectNote
from models.projects.telling import SUBJECT
from models.stepping import Step

_A = ProjectAction


def start(session: Session, project: Project, *, by: int, at: datetime) -> None:
    """From now on everybody may read of it."""
    step = STEPS.begin(session, project, _A.START, by=by, at=at)
    tell(session, project, step)


def note(
    session: Session,
    project: Project,
    text: str,
    photo_id: int | None = None,
    *,
    by: int,
    at: datetime,
) -> None:
    """进展: for everybody to read on the page, once a second person has looked at it."""
    step = STEPS.begin(session, project, _A.NOTE, by=by, at=at, words=text)
    most = load("projects")["most_photos"]
    if photo_id is not None and lists.photo_count(session, project) >= most:
        raise ProjectUnfit(field="photos", most=most)
    second = _keep_note(session, project, text, photo_id, by, at)
    tell(session, project, step, text, second)


def publish(session: Session, told: ProjectNote, *, by: int, at: datetime) -> None:
    """By anybody else who steers it or answers for it."""
    project = session.get_one(Project, told.project_id)
    step = STEPS.begin(session, project, _A.PUBLISH, by=by, at=at)
    told.publish(by=by, at=at)
    tell(session, project, step, detail={"note": told.id})


def reach(
    session: Session, milestone: ProjectMilestone, words: str, *, by: int, at: datetime
) -> None:
    project = session.get_one(Project, milestone.project_id)
    step = STEPS.begin(session, project, _A.REACH, by=by, at=at)
    milestone.reach(at)
    second = _keep_note(session, project, words, None, by, at) if words.strip() else []
    _tell_milestone(session, project, milestone, step, words, second)


def postpone(
    session: Session, milestone: ProjectMilestone, day: date, reason: str, *, by: int, at: datetime
) -> None:
    """With the reason, which everybody reads too."""
    project = session.get_one(Project, milestone.project_id)
    step = STEPS.begin(session, project, _A.POSTPONE, by=by, at=at, words=reason)
    milestone.postpone(day, reason, load("projects"), at)
    _tell_milestone(session, project, milestone, step, reason)


def move_end(
    session: Session, project: Project, day: date, reason: str, *, by: int, at: datetime
) -> None:
    step = STEPS.begin(session, project, _A.MOVE_END, by=by, at=at, words=reason)
    check_day(day, at)
    detail = {"due": [project.due_on.isoformat(), day.isoformat()]}
    project.due_on = day
    project.clock_at = due_days.next_moment(day, load("projects"), at)
    tell(session, project, step, reason, detail=detail)


def finish(session: Session, project: Project, result: str, *, by: int, at: datetime) -> None:
    _close(session, project, _A.FINISH, result, by, at)


def stop(session: Session, project: Project, reason: str, *, by: int, at: datetime) -> None:
    """It is not gone on with: why, for everybody to read."""
    _close(session, project, _A.STOP, reason, by, at)


def take_up(
    session: Session, project: Project, day: date, words: str, *, by: int, at: datetime
) -> None:
    """What was stopped goes on, with a new last day; its milestones wait again."""
    step = STEPS.begin(session, project, _A.TAKE_UP, by=by, at=at, words=words)
    project.result, project.ended_at, project.due_on = None, None, day
    check_day(day, at)
    project.clock_at = due_days.next_moment(day, load("projects"), at)
    for one in lists.dropped(session, project):
        one.wait(load("projects"), at)
    tell(session, project, step, words, _keep_note(session, project, words, None, by, at))


def milestone_of(session: Session, project: Project, milestone_id: int | None) -> ProjectMilestone:
    """NotFound for one of another project, too."""
    found = session.get(ProjectMilestone, milestone_id) if milestone_id is not None else None
    if found is None or found.project_id != project.id:
        raise NotFound(number=f"#{milestone_id}")
    return found


def _close(
    session: Session, project: Project, action: ProjectAction, words: str, by: int, at: datetime
) -> None:
    """What was left of its plan is dropped."""
    step = STEPS.begin(session, project, action, by=by, at=at, words=words)
    project.result, project.ended_at, project.clock_at = words.strip(), at, None
    left = lists.waiting(session, project)
    for one in left:
        one.drop()
    detail = {"dropped": [one.id for one in left]}
    tell(session, project, step, words, detail=detail)


def _keep_note(
    session: Session, project: Project, text: str, photo_id: int | None, by: int, at: datetime
) -> list[int]:
    """Returns who is asked to look at it."""
    kept = text.strip()[: load("projects")["longest_words"]]
    told = ProjectNote(project_id=project.id, author_id=by, text=kept, photo_id=photo_id, at=at)
    session.add(told)
    others = sides.readers(session, project, at)
    return ask_for_look(session, (SUBJECT, project.title), told, others, at)


def _tell_milestone(
    session: Session,
    project: Project,
    milestone: ProjectMilestone,
    step: Step[ProjectState, Side],
    words: str,
    second: Sequence[int] = (),
) -> None:
    context = milestones.facts(milestone)
    detail = {"milestone": milestone.id, "due": milestone.due_on.isoformat()}
    tell(session, project, step, words, second, detail=detail, context=context)
