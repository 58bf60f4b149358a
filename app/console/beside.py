"""What stands beside a ticket: one look tells which panels of its page have anything to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.hazards import desk as hazards
from models.hazards.table import Hazard
from models.hotline.results import Standing, has_news, is_callers, of_matter
from models.hotline.table import HotlineOrder
from models.legacy import desk as legacy
from models.legacy.flow import LegacyState
from models.legacy.table import LegacyProblem, LegacyTicket
from models.media import Media, MediaState
from models.open311.endpoints import Endpoint
from models.projects.table import Project, ProjectTicket
from models.supervisions import sides
from models.supervisions.table import Supervision
from models.takeovers import IS_OPEN, Takeover
from models.tickets.sight import Sight
from models.tickets.table import Supporter, Ticket
from models.whistles.table import Whistle

MOST_ORDERS = 20  # of the hotline: of a wide matter many call


@dataclass(frozen=True, slots=True)
class Beside:
    """旁边的事 — few tickets have any of these; of what is not for everybody, what one may open."""

    project: Project | None
    has_supervisions: bool
    has_whistle: bool
    is_talked_over: bool  # somebody has taken over the chat with the reporter
    is_legacy: bool
    has_endpoints: bool  # another house to hand it on to
    photos: Sequence[int]
    supervisions: Sequence[int]
    legacy: Sequence[int]
    hazards: Sequence[int]
    hotline: Sequence[Standing]  # the first that came, and no more than a page shows


def beside(session: Session, sight: Sight, ticket: Ticket, now: datetime) -> Beside:
    this = select(literal(ticket.id).label("id")).subquery()
    # By names of their own: conditions below look at projects, too.
    project, link = aliased(Project), aliased(ProjectTicket)
    asked = sides.on_tickets([ticket.id])
    problems = (
        select(LegacyTicket.problem_id)
        .join(LegacyProblem, LegacyProblem.id == LegacyTicket.problem_id)
        .where(LegacyTicket.ticket_id == ticket.id, LegacyProblem.state != LegacyState.CANCELLED)
    )
    rows = session.execute(
        select(
            project,
            select(Supervision.id).where(asked).exists(),
            select(Whistle.id).where(Whistle.ticket_id == ticket.id).exists(),
            select(Takeover.id).where(Takeover.resident_id == ticket.reporter_id, IS_OPEN).exists(),
            problems.exists(),
            select(Endpoint.id).exists(),
            _ids(Media.id, Media.ticket_id == ticket.id, Media.state == MediaState.KEPT),
            _ids(Supervision.id, asked, sides.readable(session, sight.person_id, now)),
            _ids(
                LegacyProblem.id,
                LegacyProblem.id.in_(problems),
                legacy.within(sight, now).condition(),
            ),
            _ids(Hazard.id, Hazard.ticket_id == ticket.id, hazards.within(sight, now).condition()),
            HotlineOrder,
            has_news,
        )
        .select_from(this)
        .outerjoin(link, link.ticket_id == this.c.id)
        .outerjoin(project, project.id == link.project_id)
        .outerjoin(Ticket, Ticket.id == this.c.id)
        .outerjoin(HotlineOrder, of_matter(ticket.id))
        .outerjoin(Supporter, is_callers)
        .order_by(HotlineOrder.id)
        .limit(MOST_ORDERS)
    ).all()
    orders = [Standing(order, bool(news)) for *_, order, news in rows if order is not None]
    return Beside(*rows[0][:6], *(_numbers(one) for one in rows[0][6:-2]), orders)


def _ids(column: InstrumentedAttribute[int], *wanted: ColumnElement[bool]) -> ScalarSelect[str]:
    """All of them in one value; None for none."""
    found = func.aggregate_strings(cast(column, String), ",")
    return select(found).where(*wanted).correlate(None).scalar_subquery()


def _numbers(ids: str | None) -> list[int]:
    return sorted(int(one) for one in (ids or "").split(",") if one)
