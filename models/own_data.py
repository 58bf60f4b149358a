"""A copy of everything that is kept of one person, for that person to take away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.consents import SubscriptionConsent
from models.hazards.table import Hazard
from models.homes import Home
from models.hotline.table import HotlineOrder
from models.localtime import local
from models.media import Media
from models.notices.table import NoticeRead, Objection, PersonTag
from models.past import EveryMessage
from models.people import Identity, Person, all_they_were
from models.places import full_name
from models.posts import Post
from models.privacy_consents import PrivacyConsent
from models.resident_sessions import ResidentSession
from models.tickets.table import Note, Supporter, Ticket

Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Section:
    """资料的一部分 — rows that are of one person, and what of them is theirs to read."""

    whose: Column
    columns: Sequence[Column]


OF_PERSON: Mapping[str, Section] = {
    "person": Section(Person.id, (Person.name, Person.phone, Person.created_at)),
    "identities": Section(
        Identity.person_id,
        (Identity.account, Identity.openid, Identity.is_following, Identity.created_at),
    ),
    "homes": Section(Home.person_id, (Home.area_id, Home.room, Home.state, Home.claimed_at)),
    "posts": Section(Post.person_id, (Post.role, Post.area_id, Post.since, Post.until)),
    "tickets": Section(
        Ticket.reporter_id,
        (
            *(Ticket.id, Ticket.opened_at, Ticket.text, Ticket.category, Ticket.subcategory),
            *(Ticket.place_name, Ticket.spot, Ticket.hides_reporter, Ticket.state, Ticket.outcome),
            *(Ticket.result, Ticket.is_solved, Ticket.stars, Ticket.rated_at),
        ),
    ),
    "hotline": Section(
        HotlineOrder.caller_id,
        (
            *(HotlineOrder.number, HotlineOrder.called_at, HotlineOrder.title),
            *(HotlineOrder.words, HotlineOrder.place, HotlineOrder.others, HotlineOrder.ticket_id),
        ),
    ),
    "notes": Section(Note.author_id, (Note.ticket_id, Note.text, Note.at)),
    "joined": Section(
        Supporter.person_id,
        (Supporter.ticket_id, Supporter.joined_at, Supporter.is_solved, Supporter.stars),
    ),
    "hazards": Section(Hazard.finder_id, (Hazard.id, Hazard.text, Hazard.found_at)),
    "objections": Section(
        Objection.person_id,
        (Objection.notice_id, Objection.text, Objection.at, Objection.answer),
    ),
    "notices_read": Section(NoticeRead.person_id, (NoticeRead.notice_id, NoticeRead.at)),
    "consents": Section(
        PrivacyConsent.person_id,
        (
            *(PrivacyConsent.purpose, PrivacyConsent.version, PrivacyConsent.is_given),
            *(PrivacyConsent.door, PrivacyConsent.at),
        ),
    ),
    "groups": Section(PersonTag.person_id, (PersonTag.tag, PersonTag.at)),
    "photos": Section(
        Media.person_id, (Media.ticket_id, Media.width, Media.height, Media.created_at)
    ),
    "messages": Section(
        EveryMessage.person_id,
        (EveryMessage.template, EveryMessage.created_at, EveryMessage.state),
    ),
}
OF_IDENTITY: Mapping[str, Section] = {
    "subscriptions": Section(
        SubscriptionConsent.identity_id,
        (SubscriptionConsent.template_id, SubscriptionConsent.remaining),
    ),
    "sign_ins": Section(
        ResidentSession.identity_id,
        (ResidentSession.door, ResidentSession.opened_at, ResidentSession.revoked_at),
    ),
}

Rows = list[dict[str, Any]]


def copy_of(session: Session, person_id: int) -> dict[str, Rows]:
    """Section → its rows, in plain values. Also of whoever has turned out to be this person."""
    persons = all_they_were(person_id)
    identities = select(Identity.id).where(Identity.person_id.in_(persons))
    found: dict[str, Rows] = {}
    for sections, owners in ((OF_PERSON, persons), (OF_IDENTITY, identities)):
        for name, section in sections.items():
            rows = session.execute(
                select(*section.columns)
                .where(section.whose.in_(owners))
                .order_by(*inspect(section.whose.class_).primary_key)
            )
            found[name] = [_plain(session, dict(row)) for row in rows.mappings()]
    return found


def _plain(session: Session, row: Mapping[Any, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {
        name: local(one).isoformat(timespec="seconds") if isinstance(one, datetime) else one
        for name, one in row.items()
    }
    if "area_id" in plain:
        plain["place"] = full_name(session, plain.pop("area_id"))
    return plain
