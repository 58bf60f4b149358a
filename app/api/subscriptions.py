"""Which messages of the platform a phone may ask leave for, and how many it has given leave for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.routes import Call, Work, reads
from app.api.schemas import Given
from config.policy import load
from models.consents import SubscriptionConsent


class Subscription(Given):
    """订阅消息 — one template of the platform, for wx.requestSubscribeMessage."""

    template_id: str
    remaining: int


class Subscriptions(Given):
    items: list[Subscription]


@reads("/subscriptions", gives=Subscriptions)
def list_subscriptions(call: Call) -> Work:
    """The templates to ask leave for, and for how many messages of each leave is left.

    What was answered need not be told here: the platform itself pushes it to us.
    """

    def work(session: Session) -> Subscriptions:
        rows = session.execute(
            select(SubscriptionConsent.template_id, SubscriptionConsent.remaining).where(
                SubscriptionConsent.identity_id == call.who.id
            )
        )
        left = dict(rows.all())
        asked = (row.get("subscription", {}) for row in load("channels")["wechat"]["forms"])
        found = dict.fromkeys(ids[call.who.account] for ids in asked if call.who.account in ids)
        return Subscriptions(
            items=[Subscription(template_id=one, remaining=left.get(one, 0)) for one in found]
        )

    return work
