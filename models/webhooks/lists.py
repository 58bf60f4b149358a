"""What each system was told, for who keeps it; and sending it again by hand."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import outside_systems
from models.errors import AlreadyDone, NotFound
from models.webhooks.table import Webhook, WebhookEndpoint, WebhookState

LATEST = 30
RESENT = frozenset({WebhookState.FAILED, WebhookState.SENT})


def endpoints_of(session: Session, system_ids: Collection[int]) -> Mapping[int, WebhookEndpoint]:
    rows = session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.system_id.in_(system_ids)))
    return {one.system_id: one for one in rows}


def counts(session: Session, system_id: int) -> Mapping[WebhookState, int]:
    """How many of what is still kept stand where; what was withheld is nobody's to know."""
    rows = session.execute(
        select(Webhook.state, func.count())
        .where(Webhook.system_id == system_id, Webhook.state != WebhookState.WITHHELD)
        .group_by(Webhook.state)
    )
    found = dict(rows.all())
    return {one: found[one] for one in WebhookState if one in found}


def latest(
    session: Session,
    system_id: int,
    state: WebhookState | None = None,
    before: int | None = None,
) -> Sequence[Webhook]:
    """The newest first, and one more than a page where there are further ones."""
    query = select(Webhook).where(
        Webhook.system_id == system_id, Webhook.state != WebhookState.WITHHELD
    )
    if state is not None:
        query = query.where(Webhook.state == state)
    if before is not None:
        query = query.where(Webhook.event_id < before)
    return session.scalars(query.order_by(Webhook.event_id.desc()).limit(LATEST + 1)).all()


def resend(session: Session, webhook_id: int, *, by: int, at: datetime) -> Webhook:
    """Once more, with all further tries. That it was tried before stays known: what they were told
    they are told again, wherever the matter went since.

    Raises NotFound, AlreadyDone (it waits or is on its way).
    """
    webhook = session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None or webhook.state == WebhookState.WITHHELD:
        raise NotFound(number=str(webhook_id))
    system = outside_systems.kept(session, webhook.system_id, by=by, at=at)
    if webhook.state not in RESENT:
        raise AlreadyDone(number=str(webhook_id))
    webhook.state, webhook.not_before, webhook.sent_at = WebhookState.QUEUED, at, None
    webhook.attempts = min(webhook.attempts, 1)
    outside_systems.tell(session, system, "webhook_resent", at, by, webhook=webhook.id)
    return webhook
