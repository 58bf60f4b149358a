"""Subscription consents: how often a person lets us send which subscription message."""

from sqlalchemy import CheckConstraint, ForeignKey, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base


class SubscriptionConsent(Base):
    """订阅授权 — messages of one platform template that an identity still accepts."""

    __tablename__ = "subscription_consents"

    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"), primary_key=True)
    template_id: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int]

    __table_args__ = (CheckConstraint("remaining >= 0", name="remaining"),)


def grant(session: Session, identity_id: int, template_id: str, messages: int = 1) -> None:
    """The person accepted so many more; one-time consents add up."""
    put = insert(SubscriptionConsent).values(
        identity_id=identity_id, template_id=template_id, remaining=messages
    )
    session.execute(
        put.on_conflict_do_update(
            index_elements=["identity_id", "template_id"],
            set_={"remaining": SubscriptionConsent.remaining + messages},
        )
    )


def consume(session: Session, identity_id: int, template_id: str) -> bool:
    """Takes one; false when none is left."""
    taken = session.execute(
        update(SubscriptionConsent)
        .where(
            SubscriptionConsent.identity_id == identity_id,
            SubscriptionConsent.template_id == template_id,
            SubscriptionConsent.remaining > 0,
        )
        .values(remaining=SubscriptionConsent.remaining - 1)
        .returning(SubscriptionConsent.template_id)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


def clear(session: Session, identity_id: int, template_id: str | None = None) -> None:
    """The person refused, or the platform says that nothing is left; None means every template."""
    unwanted = delete(SubscriptionConsent).where(SubscriptionConsent.identity_id == identity_id)
    if template_id is not None:
        unwanted = unwanted.where(SubscriptionConsent.template_id == template_id)
    session.execute(unwanted.execution_options(synchronize_session=False))
