"""Which projects somebody reads, in groups, and what is public of them: queries only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models import linked
from models import milestones as plans
from models.errors import NotFound
from models.listed import PAGE
from models.localtime import local, midnight
from models.media import Media, MediaState
from models.milestones import MilestoneState
from models.people import Person
from models.places import Area, AreaWithin, inner_areas
from models.posts import Post
from models.projects import sides
from models.projects.flow import OPEN, PUBLIC, ProjectKind, ProjectState
from models.projects.table import Project, ProjectMilestone, ProjectNote, ProjectTicket
from models.served import posts_served
from models.tickets.asked import word_in


class Group(StrEnum):
    """项目分组 — the lists of the console."""

    OPEN = "open"
    MINE = "mine"  # answered for by who reads
    LATE = "late"
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Wanted:
    """项目筛选 — the conditions of a list."""

    group: Group = Group.OPEN
    kind: ProjectKind | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """项目一行 — a project as a list shows it."""

    project: Project
    area: str
    owner: str
    role: str
    department: str | None

    @property
    def id(self) -> int:
        return self.project.id


@dataclass(frozen=True, slots=True)
class Told:
    """项目进展一条 — a note, with its photo if it has one."""

    note: ProjectNote
    photo: Media | None


def wanted_of(query: Mapping[str, str]) -> Wanted:
    return Wanted(
        word_in(Group, query.get("group")) or Group.OPEN, word_in(ProjectKind, query.get("kind"))
    )


def readable(session: Session, by: int, at: datetime) -> ColumnElement[bool]:
    """Those of the places somebody steers, and those they answer for."""
    within = select(AreaWithin.area_id).where(
        AreaWithin.outer_id.in_(sides.steered(session, by, at))
    )
    return or_(Project.area_id.in_(within), Project.post_id.in_(posts_served(by, at)))


def rows(
    session: Session,
    by: int,
    wanted: Wanted,
    now: datetime,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """The latest first; `before` goes on where a page ended."""
    found = [readable(session, by, now), _where(wanted, by, now)]
    if before is not None:
        found.append(Project.id < before)
    return _shown(session, found, limit)


def counts(session: Session, by: int, wanted: Wanted, now: datetime) -> dict[Group, int]:
    """How long the list of each group is, under the same conditions else."""
    columns = [func.count().filter(_where(Wanted(group, wanted.kind), by, now)) for group in Group]
    mine = readable(session, by, now)
    found = session.execute(select(*columns).select_from(Project).where(mine)).one()
    return dict(zip(Group, found, strict=True))


def row_in(session: Session, project_id: int, by: int, now: datetime) -> Row:
    """NotFound, in the same words, for one that nobody has and for one not theirs to read."""
    found = _shown(session, [Project.id == project_id, readable(session, by, now)], 1)
    if not found:
        raise NotFound(number=f"#{project_id}")
    return found[0]


def of_ticket(session: Session, ticket_id: int) -> Project | None:
    return session.scalars(
        select(Project)
        .join(ProjectTicket, ProjectTicket.project_id == Project.id)
        .where(ProjectTicket.ticket_id == ticket_id)
    ).first()


def milestones(session: Session, project: Project) -> Sequence[ProjectMilestone]:
    """In the order of their days."""
    return _milestones(session, project, ProjectMilestone.state != MilestoneState.DROPPED)


def waiting(session: Session, project: Project) -> Sequence[ProjectMilestone]:
    return _milestones(session, project, ProjectMilestone.state == MilestoneState.WAITING)


def dropped(session: Session, project: Project) -> Sequence[ProjectMilestone]:
    return _milestones(session, project, ProjectMilestone.state == MilestoneState.DROPPED)


def told(session: Session, project: Project, limit: int = 30) -> list[Told]:
    """The latest first."""
    found = session.execute(
        select(ProjectNote, Media)
        .outerjoin(Media, Media.id == ProjectNote.photo_id)
        .where(ProjectNote.project_id == project.id, ProjectNote.text.is_not(None))
        .order_by(ProjectNote.id.desc())
        .limit(limit)
    )
    return [Told(*row) for row in found]


def public_told(session: Session, project: Project) -> list[Told]:
    return [one for one in told(session, project) if one.note.public_at is not None]


def note_of(session: Session, project: Project, note_id: int | None) -> ProjectNote:
    """NotFound for one of another project, too."""
    found = session.get(ProjectNote, note_id) if note_id is not None else None
    if found is None or found.project_id != project.id:
        raise NotFound(number="")
    return found


def photo_of(
    session: Session, project: Project, photo_id: int, *conditions: ColumnElement[bool]
) -> Media | None:
    return session.scalars(
        select(Media)
        .join(ProjectNote, ProjectNote.photo_id == Media.id)
        .where(
            ProjectNote.project_id == project.id,
            ProjectNote.text.is_not(None),
            Media.id == photo_id,
            Media.state == MediaState.KEPT,
            *conditions,
        )
    ).first()


def public_photo_of(session: Session, project: Project, photo_id: int) -> Media | None:
    return photo_of(session, project, photo_id, ProjectNote.public_at.is_not(None))


def photo_count(session: Session, project: Project) -> int:
    found = select(func.count(ProjectNote.photo_id)).where(ProjectNote.project_id == project.id)
    return session.scalar(found) or 0


def public(session: Session, public_id: str) -> Project | None:
    """What anybody may read under this name."""
    return session.scalars(
        select(Project).where(Project.public_id == public_id, Project.state.in_(PUBLIC))
    ).first()


def public_in(session: Session, area_id: int, limit: int = 50) -> list[Row]:
    """Of an area and all that lies in it: what is under way first, then the latest."""
    inside = Project.area_id.in_(inner_areas(area_id))
    return _shown(session, [inside, Project.state.in_(PUBLIC)], limit)


def steered_in(session: Session, area_id: int, since: date, now: datetime, limit: int) -> list[Row]:
    """Of a place: what is open, and what has ended since; late ones first."""
    wanted = [
        Project.area_id.in_(inner_areas(area_id)),
        or_(Project.state.in_(OPEN), Project.ended_at >= midnight(since)),
    ]
    found = _shown(session, wanted, limit)
    return sorted(found, key=lambda row: (not row.project.is_late(now), row.project.due_on))


def names_around(session: Session, ids: Sequence[int]) -> set[str]:
    """Names of everybody who has to do with these projects."""
    return linked.names_around(
        session,
        select(ProjectTicket.ticket_id).where(ProjectTicket.project_id.in_(ids)),
        select(Project.made_by).where(Project.id.in_(ids)),
        select(Post.person_id).join(Project, Project.post_id == Post.id).where(Project.id.in_(ids)),
        select(ProjectNote.author_id).where(ProjectNote.project_id.in_(ids)),
    )


def answered_for(session: Session, by: int, now: datetime) -> Sequence[Project]:
    """What this person answers for, the nearest end first."""
    return session.scalars(
        select(Project)
        .where(_where(Wanted(Group.MINE), by, now))
        .order_by(Project.due_on, Project.id)
        .limit(load("projects")["listed"])
    ).all()


def _where(wanted: Wanted, by: int, now: datetime) -> ColumnElement[bool]:
    is_open = Project.state.in_(OPEN)
    conditions: Mapping[Group, ColumnElement[bool]] = {
        Group.OPEN: is_open,
        Group.MINE: and_(is_open, Project.post_id.in_(posts_served(by, now))),
        Group.LATE: and_(is_open, Project.due_on < local(now).date()),
    }
    group = wanted.group
    found = conditions[group] if group in conditions else Project.state == ProjectState(group)
    return and_(found, Project.kind == wanted.kind) if wanted.kind else found


def _shown(session: Session, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[Row]:
    found = session.execute(
        select(Project, Area.name, func.coalesce(Person.name, ""), Post.role, Post.department)
        .join(Area, Area.id == Project.area_id)
        .join(Post, Post.id == Project.post_id)
        .join(Person, Person.id == Post.person_id)
        .where(*wanted)
        .order_by(Project.id.desc())
        .limit(limit)
    )
    return [Row(*row) for row in found]


def _milestones(
    session: Session, project: Project, condition: ColumnElement[bool]
) -> Sequence[ProjectMilestone]:
    is_its = ProjectMilestone.project_id == project.id
    return plans.dated(session, ProjectMilestone, is_its, condition)
