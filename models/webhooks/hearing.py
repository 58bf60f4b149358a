"""Which tickets a system is told of, of those that it may see."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.outside_systems import OutsideSystem, sees
from models.posts import Post
from models.tickets.table import Ticket
from models.webhooks.table import IS_TOLD, Webhook
from models.whistles.table import Whistle, WhistleCall


def hears(session: Session, system: OutsideSystem) -> ColumnElement[bool]:
    """A department: of what was given to it, and what became of that, wherever it went."""
    if system.department is None:
        return sees(session, system)
    given = Ticket.owner_post_id.in_(select(Post.id).where(Post.department == system.department))
    called = select(WhistleCall.id).join(Whistle, Whistle.id == WhistleCall.whistle_id)
    called = called.where(
        Whistle.ticket_id == Ticket.id, WhistleCall.department == system.department
    )
    # What failed untried, when its address was given up, was never theirs.
    told = select(Webhook.id).where(
        IS_TOLD,
        Webhook.attempts > 0,
        Webhook.system_id == system.id,
        Webhook.ticket_id == Ticket.id,
    )
    return and_(sees(session, system), or_(given, called.exists(), told.exists()))
