"""What a story changes behind the scene: time that passes, posts left and taken, what desks do."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import and_, func, inspect, or_, select, update
from sqlalchemy.orm import Session

from app.hotline_sheets import write_results
from bots import hotline
from bots.lexicon import load_lexicon
from bots.unanswered import group_of, grouped
from config.policy import load
from config.settings import Settings
from models import localtime
from models.accounts import MAIN
from models.base import Base
from models.directory import actions as directory
from models.directory.details import Details
from models.exports import ExportForm
from models.hotline import cells, desk, orders, results
from models.hotline.desk import Wanted
from models.notices import actions
from models.notices.table import Notice, NoticeState
from models.on_duty import Holder
from models.outbox import IS_QUEUED, IS_SENDING, OutboxMessage
from models.people import Identity
from models.places import Area, AreaKind, estate_names
from models.posts import Post
from models.projects import going, making
from models.projects import lists as projects
from models.projects import sides as projects_sides
from models.projects.flow import ProjectKind
from models.projects.making import Planned
from models.projects.table import Project, ProjectMilestone
from models.supervisions import asking, sides, steps
from models.supervisions.asking import Wanted as Supervised
from models.supervisions.table import Supervision
from models.tickets.table import Ticket
from models.unanswered import lists, settling
from models.unanswered.lists import Source
from models.unanswered.settling import Decision
from models.unanswered.table import Way
from models.whistles.table import Whistle, WhistleCall


def pass_time(session: Session, ticket_id: int, minutes: int) -> None:
    """Moves every moment of the ticket's whistles back, as if so much time had passed since."""
    whistles = session.scalars(select(Whistle).where(Whistle.ticket_id == ticket_id)).all()
    ids = [whistle.id for whistle in whistles]
    calls = session.scalars(select(WhistleCall).where(WhistleCall.whistle_id.in_(ids))).all()
    _move_back((*whistles, *calls), timedelta(minutes=minutes))


def wait_days(session: Session, given: Mapping[str, Any]) -> None:
    """The same for a supervision, or a project with its milestones, by whole days."""
    if "supervision" in given:
        rows: list[Base] = [session.get_one(Supervision, int(given["supervision"]))]
    else:
        project = session.get_one(Project, int(given["project"]))
        rows = [project, *projects.milestones(session, project)]
    _move_back(rows, timedelta(days=given["days"]))


def _move_back(rows: Iterable[Base], by: timedelta) -> None:
    for row in rows:
        for one in inspect(row).mapper.column_attrs:
            moment = getattr(row, one.key)
            if isinstance(moment, date):  # a moment, too
                setattr(row, one.key, moment - by)


def leave_post(session: Session, openid: str) -> None:
    _set_end(session, openid, datetime.now(UTC))


def take_post(session: Session, openid: str) -> None:
    _set_end(session, openid, None)


def draft_notice(session: Session, draft: Mapping[str, str]) -> None:
    """As staff do in the console: written for an estate, and a second person is asked."""
    estate = select(Area).where(Area.kind == AreaKind.ESTATE, Area.name == draft["estate"])
    by, at = _person(session, draft["by"]), datetime.now(UTC)
    notice = actions.draft(
        session,
        kind=draft["kind"],
        title=draft["title"],
        body=draft["body"],
        area_id=session.scalars(estate).one().id,
        by=by,
        at=at,
    )
    actions.ask_review(session, notice, by=by, at=at)


def approve_notice(session: Session, openid: str) -> None:
    """The second person lets the latest draft go out at once."""
    drafts = select(Notice).where(Notice.state == NoticeState.DRAFT).order_by(Notice.id.desc())
    notice = session.scalars(drafts.limit(1)).one()
    by, at = _person(session, openid), datetime.now(UTC)
    actions.review(session, notice, by=by, at=at)
    actions.schedule(session, notice, publish_at=at, by=by, at=at)


def supervise(session: Session, given: Mapping[str, Any]) -> int:
    """督办: one ticket, asked of the nearest holder of a role."""
    by, at = _person(session, given["by"]), datetime.now(UTC)
    tickets = [session.get_one(Ticket, int(given["of"]))]
    holder = _holder(sides.choices(session, tickets, by, at), given["role"])
    wanted = Supervised(holder, given["words"], _day(at, given["days"]))
    return asking.ask(session, tickets, wanted, by=by, at=at).id


def ask_again(session: Session, given: Mapping[str, Any]) -> None:
    by, at = _person(session, given["by"]), datetime.now(UTC)
    one = session.get_one(Supervision, int(given["of"]))
    steps.ask_again(session, one, given["words"], _day(at, given["days"]), by=by, at=at)


def close_supervision(session: Session, given: Mapping[str, Any]) -> None:
    one = session.get_one(Supervision, int(given["of"]))
    steps.close(session, one, by=_person(session, given["by"]), at=datetime.now(UTC))


def make_project(session: Session, given: Mapping[str, Any]) -> int:
    """立项: with one milestone and one ticket, and begun at once."""
    by, at = _person(session, given["by"]), datetime.now(UTC)
    area_id = session.scalars(select(Area.id).where(Area.name == given["area"])).one()
    planned = Planned(
        kind=ProjectKind.LIVELIHOOD,
        title=given["title"],
        goal=given["goal"],
        area_id=area_id,
        owner=_holder(projects_sides.owners(session, area_id, at), given["role"]),
        due_on=_day(at, given["days"]),
    )
    project = making.make(session, planned, by=by, at=at, account=MAIN)
    step, day = given["milestone"], _day(at, given["milestone_days"])
    making.schedule(session, project, step, day, by=by, at=at)
    making.link(session, project, session.get_one(Ticket, int(given["of"])), by=by, at=at)
    going.start(session, project, by=by, at=at)
    return project.id


def reach_milestone(session: Session, given: Mapping[str, Any]) -> None:
    """The next one that waits."""
    project = session.get_one(Project, int(given["of"]))
    milestone: ProjectMilestone = projects.waiting(session, project)[0]
    by, at = _person(session, given["by"]), datetime.now(UTC)
    going.reach(session, milestone, given["words"], by=by, at=at)


def bring_order(session: Session, given: Mapping[str, Any]) -> int:
    """热线来单: one row of a hotline's sheet; the ticket that carries it."""
    by, at = _person(session, given["by"]), datetime.now(UTC)
    told = {"number": given["number"], "text": given["words"], "place": given["place"]}
    if "hours" in given:
        due = localtime.local(at + timedelta(hours=given["hours"]))
        told["due_at"] = due.isoformat(" ", "minutes")
    said = {cells.heading_of(key): value for key, value in told.items()}
    [row] = cells.read([(1, list(said)), (2, list(said.values()))])
    order = cells.order_of(row, load("hotline")["default_source"], at)
    lexicon = load_lexicon(Settings().data_dir / "words").with_places(estate_names(session))
    hotline.take(session, hotline.hear(order, lexicon), by=by, at=at)
    return orders.known(session, order.source, [order.number])[order.number].ticket_id


def on_the_way(session: Session) -> int:
    """How many messages are due or under way."""
    is_due = and_(IS_QUEUED, OutboxMessage.not_before <= datetime.now(UTC))
    leaving = select(func.count(OutboxMessage.id)).where(or_(is_due, IS_SENDING))
    return session.scalar(leaving) or 0


def collect_results(session: Session, openid: str) -> str:
    """交回结果: the sheet of all that the hotline does not have yet."""
    by, at, sheet = _person(session, openid), datetime.now(UTC), BytesIO()
    wanted = Wanted(load("hotline")["default_source"])
    told = write_results(ExportForm.CSV, sheet, desk.all_results(session, by, wanted, at))
    results.hand_over(session, told, by=by, at=at)
    return sheet.getvalue().decode("utf-8-sig")


def answer_group(session: Session, given: Mapping[str, Any]) -> None:
    """未答: all that is asked alike is answered by one entry."""
    by, at = _person(session, given["by"]), datetime.now(UTC)
    reader = lists.reader_of(session, by, at)
    groups = grouped(lists.waiting(session, reader, at), load_lexicon())
    group = group_of(groups, Source(int(given["of"])).key)
    if group is None or len(group.texts) != given["alike"]:
        raise LookupError(f"#{given['of']} does not wait with {given['alike']} alike: {groups}")
    details = Details(
        kind="faq",
        title=given["title"],
        text=given["text"],
        aliases=tuple(given["aliases"]),
    )
    entry = directory.add(session, details, area_id=group.latest.community_id or 0, by=by, at=at)
    settling.settle(session, group.texts, Decision(Way.ANSWERED, entry.number), by=by, at=at)


def _holder(found: Iterable[Holder], role: str) -> Holder:
    return next(one for one in found if one.role == role)


def _day(at: datetime, days: int) -> date:
    return localtime.local(at).date() + timedelta(days=days)


def _person(session: Session, openid: str) -> int:
    return session.scalars(select(Identity.person_id).where(Identity.openid == openid)).one()


def _set_end(session: Session, openid: str, until: datetime | None) -> None:
    person = select(Identity.person_id).where(Identity.openid == openid).scalar_subquery()
    session.execute(update(Post).where(Post.person_id == person).values(until=until))
