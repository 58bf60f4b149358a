"""转外地: a ticket that belongs to another house is filed there and followed to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, and_, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.categories import Urgency, label_of
from config.policy import load
from models import events, privacy_consents, tasks
from models.base import Base
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.masking import hiding
from models.open311 import public
from models.open311.endpoints import Endpoint
from models.open311.public import POLICY
from models.places import Area, root_area_id
from models.ticket_flow import Action, Outcome
from models.tickets import facts
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import Ticket

FILE, FOLLOW = "open311_file", "open311_follow"
NOT_OURS = "not_estate"
LONGEST_ANSWER = 500
TRIED_FOR = timedelta(hours=2)  # less than a task comes again
_IS_FILED, _IS_UNDER_WAY = text("state = 'filed'"), text("state IN ('asked', 'sending')")


class ReferralState(StrEnum):
    """转办状态 — how far it is on its way to the other house and back."""

    ASKED = "asked"
    SENDING = "sending"
    FILED = "filed"
    ANSWERED = "answered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"  # filed, and never closed there as long as anybody asked
    IN_DOUBT = "in_doubt"  # sent, and no answer came: never sent again by itself


UNDER_WAY = frozenset({ReferralState.ASKED, ReferralState.SENDING})


class Referral(Base):
    """转外地 — one ticket on its way to another house."""

    __tablename__ = "open311_referrals"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("open311_endpoints.id"), index=True)
    state: Mapped[ReferralState]
    words: Mapped[str]  # what the resident is told of it
    asked_by: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    asked_at: Mapped[datetime]
    request_number: Mapped[str | None]  # theirs
    token: Mapped[str | None]
    filed_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]  # when it is next asked after
    answer: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_open311_referrals_under_way",
            "ticket_id",
            unique=True,
            sqlite_where=_IS_UNDER_WAY,
            postgresql_where=_IS_UNDER_WAY,
        ),
        Index(
            "ix_open311_referrals_followed",
            "id",
            sqlite_where=_IS_FILED,
            postgresql_where=_IS_FILED,
        ),
        CheckConstraint(
            "state != 'filed' OR request_number IS NOT NULL OR token IS NOT NULL",
            name="filed_has_number",
        ),
    )


@dataclass(frozen=True, slots=True)
class Away:
    """外地通道 — where a referral is filed or followed."""

    url: str
    jurisdiction: str | None
    api_key: str
    number: str | None
    token: str | None


def may_hand_on(session: Session, ticket: Ticket, *, by: int, at: datetime) -> bool:
    return is_fit(ticket) and can(session, ticket, Action.RESOLVE, by=Actor(by), at=at)


def is_fit(ticket: Ticket) -> bool:
    """What accuses somebody, or is about one household, goes to no other house."""
    is_open = public.is_open_class(ticket.category, ticket.subcategory)
    is_calm = ticket.about is None and ticket.urgency != Urgency.EMERGENCY
    return is_calm and (is_open or ticket.category == NOT_OURS)


def hand_on(
    session: Session, ticket: Ticket, endpoint_id: int, words: str, *, by: int, at: datetime
) -> Referral:
    """It stays open here until the other house has taken it."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.ended_at is not None:
        raise NotFound(number=str(endpoint_id))
    session.refresh(ticket, with_for_update=True)
    if not may_hand_on(session, ticket, by=by, at=at):
        raise NotAllowed(number=ticket.number)
    if any(one.state in UNDER_WAY for one in of_ticket(session, ticket.id)):
        raise AlreadyDone(number=ticket.number)
    referral = Referral(
        ticket_id=ticket.id,
        endpoint_id=endpoint.id,
        state=ReferralState.ASKED,
        words=words,
        asked_by=by,
        asked_at=at,
    )
    session.add(referral)
    session.flush()
    tasks.ask(session, FILE, {"referral_id": referral.id}, at, f"{FILE}:{referral.id}", at)
    _tell(session, referral, "referral_asked", at, actor=by)
    return referral


def of_ticket(session: Session, ticket_id: int) -> Sequence[Referral]:
    found = select(Referral).where(Referral.ticket_id == ticket_id).order_by(Referral.id)
    return session.scalars(found).all()


def beside(session: Session, ticket_id: int) -> Sequence[tuple[Endpoint, Referral | None]]:
    """Every endpoint, each with what this ticket has to do with it."""
    its = and_(Referral.endpoint_id == Endpoint.id, Referral.ticket_id == ticket_id)
    rows = session.execute(
        select(Endpoint, Referral).outerjoin(Referral, its).order_by(Endpoint.id, Referral.id)
    )
    return [(endpoint, referral) for endpoint, referral in rows]


def away(session: Session, referral_id: int) -> Away:
    referral = session.get_one(Referral, referral_id)
    endpoint = session.get_one(Endpoint, referral.endpoint_id)
    return Away(
        endpoint.url,
        endpoint.jurisdiction,
        endpoint.api_key,
        referral.request_number,
        referral.token,
    )


def begin(session: Session, referral_id: int, at: datetime) -> Mapping[str, str] | None:
    """The form to send. None when it was begun before: whether it arrived, nobody knows then."""
    referral = session.get_one(Referral, referral_id, with_for_update=True)
    if referral.state == ReferralState.SENDING:
        lost(session, referral_id, at)
    if referral.state != ReferralState.ASKED:
        return None
    referral.state = ReferralState.SENDING
    ticket = session.get_one(Ticket, referral.ticket_id)
    hide = hiding(public.names_of(session, [ticket])[ticket.id])
    spot = hide(ticket.spot or "")
    endpoint = session.get_one(Endpoint, referral.endpoint_id)
    return {
        "service_code": endpoint.code_for(ticket.category),
        "description": hide(ticket.text or "") or label_of(ticket.category, ticket.subcategory),
        "address_string": " ".join(filter(None, (spot, *_address(session, ticket)))),
        **_contact(session, ticket),
    }


def not_reached(session: Session, referral_id: int, at: datetime) -> bool:
    """Nothing was done at the other end: tried again, until this says that it is given up."""
    referral = session.get_one(Referral, referral_id)
    referral.state = ReferralState.ASKED
    is_given_up = at >= referral.asked_at + TRIED_FOR
    if is_given_up:
        refused(session, referral_id, at)
    return is_given_up


def lost(session: Session, referral_id: int, at: datetime) -> None:
    _failed(session, referral_id, ReferralState.IN_DOUBT, at)


def refused(session: Session, referral_id: int, at: datetime) -> None:
    _failed(session, referral_id, ReferralState.REFUSED, at)


def filed(
    session: Session, referral_id: int, number: str | None, token: str | None, at: datetime
) -> None:
    """Now it is theirs: closed here as not ours, and its reporter told so."""
    referral = session.get_one(Referral, referral_id)
    referral.state, referral.filed_at = ReferralState.FILED, at
    referral.request_number, referral.token = number, token
    _tell(session, referral, "referral_filed", at)
    ticket, by = session.get_one(Ticket, referral.ticket_id), Actor(referral.asked_by)
    # Unless somebody ended it meanwhile, or it left who handed it on.
    if can(session, ticket, Action.RESOLVE, by=by, at=at):
        given = {"reason": referral.words, "outcome": Outcome.NOT_OURS}
        apply(session, ticket, Action.RESOLVE, by=by, at=at, **given)


def to_follow(session: Session, at: datetime) -> Sequence[int]:
    """Those to ask after now: ever more rarely, and after half a year no more."""
    is_due = or_(Referral.ask_at.is_(None), Referral.ask_at <= at)
    due = session.scalars(select(Referral).where(_IS_FILED, is_due).order_by(Referral.id)).all()
    return [one.id for one in due if _goes_on(session, one, at)]


def _goes_on(session: Session, referral: Referral, at: datetime) -> bool:
    rules = load(POLICY)["follow"]
    age = at - (referral.filed_at or at)
    if age >= timedelta(days=rules["days"]):
        referral.state, referral.ended_at = ReferralState.GIVEN_UP, at
        _tell(session, referral, "referral_given_up", at)
        return False
    shortest, longest = (timedelta(hours=rules[one]) for one in ("least_hours", "most_hours"))
    referral.ask_at = at + min(max(age / rules["share_of_age"], shortest), longest)
    return True


def numbered(session: Session, referral_id: int, number: str) -> None:
    """What their token has led to."""
    session.get_one(Referral, referral_id).request_number = number


def answered(session: Session, referral_id: int, answer: str, at: datetime) -> None:
    """The other house has closed it: the reporter and who joined hear what it said."""
    referral = session.get_one(Referral, referral_id, with_for_update=True)
    if referral.state != ReferralState.FILED:
        return
    referral.state, referral.ended_at = ReferralState.ANSWERED, at
    referral.answer = answer[:LONGEST_ANSWER]
    _tell(session, referral, "referral_answered", at)


def _failed(session: Session, referral_id: int, state: ReferralState, at: datetime) -> None:
    referral = session.get_one(Referral, referral_id)
    referral.state, referral.ended_at = state, at
    _tell(session, referral, "referral_failed", at)


def _contact(session: Session, ticket: Ticket) -> Mapping[str, str]:
    """Of a reporter who agreed that it is handed on; else nothing says who it was."""
    found = privacy_consents.contact_to_hand_on(session, ticket)
    told = {"first_name": found.name, "phone": found.phone} if found else {}
    return {name: text for name, text in told.items() if text}


def _address(session: Session, ticket: Ticket) -> tuple[str, ...]:
    if ticket.area_id is not None:
        return public.addresses_of(session, [ticket.area_id])[ticket.area_id][1]
    root = root_area_id(session)
    return (session.get_one(Area, root).name,) if root else ()


def _tell(
    session: Session, referral: Referral, verb: str, at: datetime, actor: int | None = None
) -> None:
    ticket = session.get_one(Ticket, referral.ticket_id)
    endpoint = session.get_one(Endpoint, referral.endpoint_id)
    named = {
        "endpoint": endpoint.name,
        "answer": referral.answer,
        "is_refused": referral.state == ReferralState.REFUSED,
    }
    more = {
        "actor_id": actor,
        "detail": {"endpoint": endpoint.id, "referral": referral.id},
        "parties": facts.parties(session, ticket) | {"asker": [referral.asked_by]},
    }
    events.record(session, facts.fact(session, ticket, verb, at, named, **more))
