"""A matter as the interface takes and gives it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from app.api.routes import Call
from app.api.schemas import Given, Key, Number, PhotoName, Sent, Words, YesNo
from bots import forms
from bots.rendering import label
from config.categories import label_of
from models.media import photos_of
from models.places import full_name
from models.ticket_flow import Action
from models.tickets import actions, facts, supporting
from models.tickets.mine import Told
from models.tickets.step import Actor
from models.tickets.table import Ticket

MOST_PHOTOS = 9
MOST_PARTS = 12
OFFERED = (Action.WITHDRAW, Action.RATE, Action.REOPEN)

Photos = Annotated[list[PhotoName], Field(max_length=MOST_PHOTOS)]


class TicketIn(Sent):
    """报事 — a matter; what is left out is understood from the words."""

    words: Words
    area_id: Number | None = None
    category: Key | None = None
    subcategory: Key | None = None
    hides_name: YesNo = False
    photos: Photos = []


class Supplement(Sent):
    words: Words
    photos: Photos = []


class Join(Sent):
    ticket_id: Number


class RatingIn(Sent):
    is_solved: YesNo
    stars: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None


class ClassIn(Sent):
    category: Key
    subcategory: Key | None = None


class AreaIn(Sent):
    area_id: Number


class PartsIn(Sent):
    """分开的几件 — the words of each, as they were offered."""

    parts: Annotated[list[Words], Field(min_length=2, max_length=MOST_PARTS)]


class Named(Given):
    """说法 — a word of the house with what people call it."""

    key: str
    name: str


class Owner(Given):
    """负责人 — whose it is now."""

    role: Named
    name: str | None
    department: str | None


class TicketLine(Given):
    """工单 — one matter as a line of a list. A neighbour's words are not for who joined it."""

    id: int
    is_mine: bool
    words: str | None
    category: str
    subcategory: str | None
    class_name: str
    urgency: Named
    state: Named
    place: str | None
    spot: str | None
    opened_at: datetime
    accept_due: datetime
    resolve_due: datetime
    households: int


class TicketOut(TicketLine):
    owner: Owner | None
    level: Named
    outcome: Named | None
    result: str | None
    stars: int | None
    suspended_until: datetime | None
    merged_into: int | None
    photos: list[str]
    can: list[str]


class TicketPage(Given):
    items: list[TicketLine]
    next: str | None


class Twin(Given):
    """相似工单 — a neighbour's matter that may be the same; never whose it is."""

    ticket_id: int
    class_name: str
    place: str | None
    households: int


class Choice(Given):
    area_id: int
    name: str


class Filed(Given):
    """受理结果 — the matter, and what may be asked about it."""

    ticket: TicketOut
    words: list[str]
    is_class_known: bool
    is_about_staff: bool
    places: list[Choice]
    parts: list[str]
    twin: Twin | None


class Split(Given):
    """分开的工单 — the matter as far as it stays itself, and those that left it."""

    items: list[TicketLine]


class Supplemented(Given):
    ticket_id: int
    is_apart: bool


class Rated(Given):
    is_reopened: bool
    ticket: TicketOut


class Step(Given):
    """进程 — one step, or words beside the matter."""

    verb: str
    at: datetime
    state: Named | None
    words: str | None


class Timeline(Given):
    items: list[Step]


def line(ticket: Ticket, person_id: int) -> TicketLine:
    return TicketLine(**_line(ticket, person_id))


def _line(ticket: Ticket, person_id: int) -> dict[str, object]:
    is_mine = ticket.reporter_id == person_id
    return {
        "id": ticket.id,
        "is_mine": is_mine,
        "words": ticket.text if is_mine else None,
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "class_name": label_of(ticket.category, ticket.subcategory),
        "urgency": named(ticket.urgency, "urgency"),
        "state": named(ticket.state, "state"),
        "place": ticket.place_name,
        "spot": ticket.spot if is_mine else None,
        "opened_at": ticket.opened_at,
        "accept_due": ticket.accept_due_at,
        "resolve_due": ticket.resolve_due_at,
        "households": ticket.households,
    }


def shown(session: Session, call: Call, ticket: Ticket) -> TicketOut:
    """With who has it now: of a merged one, who has the other."""
    person_id = call.who.person_id
    main = supporting.main_of(session, ticket)
    fact = facts.context(session, main)
    allowed = actions.allowed(session, ticket, by=Actor(person_id), at=call.now)
    is_mine = ticket.reporter_id == person_id
    photos = photos_of(session, ticket.id) if is_mine else ()
    return TicketOut(
        **_line(ticket, person_id),
        owner=Owner(
            role=named(fact["owner_role"], "role"),
            name=fact["owner_name"],
            department=fact["owner_department"],
        )
        if fact["owner_role"]
        else None,
        level=named(main.level, "level"),
        outcome=named(main.outcome, "outcome") if main.outcome else None,
        result=main.result,
        stars=ticket.stars if is_mine else None,
        suspended_until=main.suspended_until,
        merged_into=main.id if main.id != ticket.id else None,
        photos=[one.media_id for one in photos if one.person_id == person_id],
        can=[one for one in OFFERED if one in allowed],
    )


def filed(session: Session, call: Call, ticket: Ticket, made: forms.Filed) -> Filed:
    twin = made.twin
    return Filed(
        ticket=shown(session, call, ticket),
        words=list(made.words),
        is_class_known=made.is_class_known,
        is_about_staff=made.about is not None,
        places=[Choice(area_id=one, name=full_name(session, one)) for one in made.offered],
        parts=list(made.parts),
        twin=Twin(
            ticket_id=twin["ticket_id"],
            class_name=label_of(twin["category"], twin["subcategory"]),
            place=twin["place"],
            households=twin["households"],
        )
        if twin
        else None,
    )


def told(one: Told) -> Step:
    state = named(one.state, "state") if one.state else None
    return Step(verb=one.verb, at=one.at, state=state, words=one.text)


def named(word: str, table: str) -> Named:
    return Named(key=word, name=label(word, table))
