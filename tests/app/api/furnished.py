"""One of everything that the interface has an address for, and the phone of whoever it is."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.routes import Route
from jobs.photos import write_files
from jobs.pictures import Picture, clean
from models import media, outside_systems, resident_sessions
from models.homes import claim
from models.notices import actions as noticing
from models.outside_systems import Power
from models.people import Identity
from models.resident_sessions import Door
from models.roster import doubles
from models.speakers import speaker
from models.tickets import assigning
from models.tickets.table import About
from models.whistles import calling
from models.whistles.table import WhistleCall
from tests import factories
from tests.app.api.conftest import House, Phone

RESIDENT, NEIGHBOUR, NEWCOMER = "demo-resident-1", "demo-resident-2", "o-newcomer"
WORKER, HEAD, STAFF = "demo-property_staff-1", "demo-building_head-1", "demo-community_staff-1"
ELSEWHERE = "demo-community_staff-3"
ACCUSING = "物业乱收费"
WORDS = "3号楼楼道灯坏了，垃圾也没人收"


@dataclass(frozen=True)
class Things:
    """物件 — what stands there, by the names that addresses have for it."""

    ticket_id: int  # of the resident, and with the worker
    accusing_id: int  # of the resident, about those who serve the estate
    twin_id: int  # of the neighbour, about the same light
    post_id: int  # to which the task may be handed on
    home_id: int  # of the newcomer, for the building head to confirm
    notice_id: int  # where the resident lives
    area_id: int
    photo: str  # of the resident
    call_id: int
    liaison: str  # the department's, whom the call is on
    key: str  # of an outside system

    def filled_in(self, route: Route, number: int | None = None) -> str:
        """The address of what is there; or of the same under a number that nobody has."""
        path = route.rule.replace("<purpose>", "home")
        known = ("ticket_id", "home_id", "notice_id", "area_id", "call_id")
        for name in known:
            path = path.replace(f"<int:{name}>", str(number or getattr(self, name)))
        return path.replace("<photo>", f"{number:032}" if number else self.photo)

    def example(self, route: Route) -> dict[str, Any] | None:
        """What the document shows for it, with numbers of what is there."""
        known = {
            "area_id": self.area_id,
            "ticket_id": self.twin_id,
            "post_id": self.post_id,
        }
        shown = route.example
        return shown and {name: known.get(name, value) for name, value in shown.items()}


def signed_in(house: House, openid: str) -> Phone:
    """Without the platform, as whoever writes to the service account."""
    with house.store.writing() as session:
        who = speaker(session, "main", openid, house.hand())
        tokens = resident_sessions.open_session(session, who.identity_id, Door.API, house.hand())
    return Phone(house, openid, {"access_token": tokens.access, "refresh_token": tokens.refresh})


def furnish(house: House, picture: bytes) -> Things:
    cleaned = clean(picture)
    write_files(house.office.settings.data_dir / "media", cleaned)
    with house.store.writing() as session:
        return _put(session, cleaned, house.hand())


def _put(session: Session, picture: Picture, now: datetime) -> Things:
    where = factories.building(session)
    neighbour = factories.demo_person(session, "resident", 2)
    lit = {"text": WORDS, "category": "facility"}
    twin = factories.ticket(session, where, now, reporter=neighbour, **lit)
    ticket = factories.ticket(session, where, now, **lit)
    accusing = factories.ticket(session, where, now, about=About.PROPERTY, text=ACCUSING)
    staff = factories.demo_person(session, "community_staff")
    calling.sound(session, ticket, ["fire"], by=staff, at=now)
    call = session.scalars(select(WhistleCall)).one()
    called = select(Identity.openid).where(Identity.person_id == call.person_id)
    newcomer = speaker(session, "main", NEWCOMER, now)
    home = claim(session, newcomer.person_id, where, "2-501", now, "main")
    doubles.ask_of_buildings(session, [where.id], now)
    keeping = partial(
        outside_systems.register, session, "12345", session.get_one(type(where), 1).id
    )
    _, key = keeping([Power.HOTLINE], by=factories.demo_person(session, "admin"), at=now)
    assert ticket.reporter_id is not None
    return Things(
        ticket_id=ticket.id,
        accusing_id=accusing.id,
        twin_id=twin.id,
        post_id=next(iter(assigning.paid_choices(session, ticket, now))).post_id,
        home_id=home.id,
        notice_id=_notice(session, where.estate_id or where.id, now),
        area_id=where.id,
        photo=_photo(session, ticket.reporter_id, picture, now),
        call_id=call.id,
        liaison=session.scalars(called).one(),
        key=key,
    )


def _photo(session: Session, person_id: int, picture: Picture, now: datetime) -> str:
    size: dict[str, Any] = {"width": picture.width, "height": picture.height}
    return media.upload(
        session, person_id, sha256=picture.sha256, size=len(picture.jpeg), now=now, **size
    )


def _notice(session: Session, area_id: int, now: datetime) -> int:
    author, other = (factories.demo_person(session, "community_staff", one) for one in (1, 2))
    words = {"kind": "income_expense", "title": "公共收益", "body": "公共收益 12000 元。"}
    one = noticing.draft(session, area_id=area_id, by=author, at=now, **words)
    noticing.review(session, one, by=other, at=now)
    noticing.schedule(session, one, publish_at=now, by=other, at=now)
    noticing.publish(session, one, at=now)
    session.flush()
    return one.id
