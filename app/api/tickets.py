"""The matters of the resident who asks: reported, followed, added to, urged, joined, rated."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.api import paging
from app.api.platform import check_words
from app.api.routes import Call, Work, acts, reads, sets
from app.api.schemas import PageQuery
from app.api.ticket_schemas import (
    AreaIn,
    ClassIn,
    Filed,
    Join,
    PartsIn,
    Rated,
    RatingIn,
    Split,
    Supplement,
    Supplemented,
    TicketIn,
    TicketOut,
    TicketPage,
    Timeline,
    filed,
    line,
    shown,
    told,
)
from bots import forms
from bots.forms import Form
from config.categories import Urgency, category
from models import media
from models.errors import NotAllowed, NotFound, TooLate, TransitionNotAllowed
from models.places import Area
from models.ticket_flow import Action
from models.tickets import mine, rating, refining, supporting
from models.tickets.actions import apply
from models.tickets.recording import Channel
from models.tickets.step import Actor
from models.tickets.table import Ticket

STATE = ("transition_not_allowed", "not_allowed")


@acts(
    "/tickets",
    takes=TicketIn,
    gives=Filed,
    refuses=("not_found", "nothing_said", "photo_gone", "content_unfit"),
)
def report(call: Call, body: TicketIn) -> Work:
    """Report a matter in one's own words.

    What is left out is understood from them: class, place, how urgent it is. Photos are sent
    before, and named here. A neighbour's matter that may be the same is offered to be joined.
    """
    said = forms.heard(body.words, call.office.lexicon(), call.now)
    if said.understanding is None or said.understanding.urgency != Urgency.EMERGENCY:
        check_words(call, body.words)  # help does not wait for the platform
    _check_class(body.category, body.subcategory)
    form = Form(
        body.words,
        area_id=body.area_id,
        category=body.category,
        subcategory=body.subcategory,
        hides_reporter=body.hides_name,
        photos=body.photos,
    )

    def work(session: Session) -> Filed:
        made = forms.file(session, call.who, form, said, Channel.MINI_PROGRAM, call.now)
        ticket = session.get_one(Ticket, made.opened.ticket_id)
        return filed(session, call, ticket, made)

    return work


@reads("/tickets", gives=TicketPage, query=PageQuery, refuses=("cursor_unfit",))
def list_tickets(call: Call, query: PageQuery) -> Work:
    """One's own matters and those one has joined, the latest first."""
    before = paging.position(call, query)

    def work(session: Session) -> TicketPage:
        person_id = call.who.person_id
        found = mine.matters(session, person_id, before=before, limit=query.limit + 1)
        return TicketPage(
            items=[line(one, person_id) for one in found[: query.limit]],
            next=paging.next_cursor(call, query, found),
        )

    return work


@reads("/tickets/<int:ticket_id>", gives=TicketOut)
def show_ticket(call: Call, ticket_id: int) -> Work:
    """One matter: who has it, by when, and what may be done with it now."""
    return lambda session: shown(session, call, _matter(session, call, ticket_id))


@reads("/tickets/<int:ticket_id>/timeline", gives=Timeline)
def show_timeline(call: Call, ticket_id: int) -> Work:
    """What became of it, step by step, with the words of the reporter and the answers to them."""

    def work(session: Session) -> Timeline:
        ticket = _matter(session, call, ticket_id)
        steps = mine.timeline(session, ticket, call.who.person_id)
        return Timeline(items=[told(one) for one in steps])

    return work


@acts(
    "/tickets/<int:ticket_id>/supplements",
    takes=Supplement,
    gives=Supplemented,
    refuses=("not_allowed", "too_late", "photo_gone", "content_unfit"),
)
def supplement(call: Call, ticket_id: int, body: Supplement) -> Work:
    """Add words and photos.

    Words that accuse who works on it become a matter of their own, which those do not see.
    """
    check_words(call, body.words)
    said = forms.heard(body.words, call.office.lexicon(), call.now)

    def work(session: Session) -> Supplemented:
        ticket = _matter(session, call, ticket_id)
        main = supporting.main_of(session, ticket)
        if not main.is_open:
            raise TooLate(number=main.number)
        beside = forms.supplement(session, call.who, ticket, body.words, said, call.now)
        media.hand_in(session, call.who.person_id, body.photos, beside)
        return Supplemented(ticket_id=beside, is_apart=beside != main.id)

    return work


def _step(take: Callable[[Session, Call, Ticket], Any]) -> Callable[[Call, int], Work]:
    """A step without words: the matter as it is after it."""

    def view(call: Call, ticket_id: int) -> Work:
        def work(session: Session) -> TicketOut:
            ticket = _matter(session, call, ticket_id)
            take(session, call, ticket)
            return shown(session, call, ticket)

        return work

    view.__name__, view.__doc__, view.__module__ = take.__name__, take.__doc__, take.__module__
    return view


@acts(
    "/tickets/<int:ticket_id>/urges",
    gives=TicketOut,
    refuses=("already_done", "too_late", "not_allowed"),
)
@_step
def urge(session: Session, call: Call, ticket: Ticket) -> None:
    """Ask to hurry, once a day."""
    main = supporting.main_of(session, ticket)
    refining.urge(session, main, by=call.who.person_id, at=call.now)


@acts("/tickets/<int:ticket_id>/withdrawal", gives=TicketOut, refuses=STATE)
@_step
def withdraw(session: Session, call: Call, ticket: Ticket) -> None:
    """Take it back; for neighbours who joined it goes on."""
    apply(session, ticket, Action.WITHDRAW, by=Actor(call.who.person_id), at=call.now)


@acts("/tickets/<int:ticket_id>/reopening", gives=TicketOut, refuses=STATE)
@_step
def reopen(session: Session, call: Call, ticket: Ticket) -> None:
    """It is not solved: have it taken up again, once."""
    apply(session, ticket, Action.REOPEN, by=Actor(call.who.person_id), at=call.now, solved=False)


@sets("/tickets/<int:ticket_id>/hidden-name", gives=TicketOut, refuses=("not_allowed",))
@_step
def hide_name(session: Session, call: Call, ticket: Ticket) -> None:
    """Have nobody who works on it told who reported it."""
    refining.hide_reporter(ticket, by=call.who.person_id)


@acts("/tickets/<int:ticket_id>/joining", takes=Join, gives=TicketOut, refuses=STATE)
def join(call: Call, ticket_id: int, body: Join) -> Work:
    """Make it part of the neighbour's matter that was offered; one hears of that from then on."""

    def work(session: Session) -> TicketOut:
        ticket = _matter(session, call, ticket_id)
        forms.join(session, call.who, ticket, body.ticket_id, call.now)
        return shown(session, call, ticket)

    return work


@acts("/tickets/<int:ticket_id>/splitting", takes=PartsIn, gives=Split, refuses=STATE)
def split(call: Call, ticket_id: int, body: PartsIn) -> Work:
    """Make a matter of its own of each of the parts that were offered when it was reported.

    Where its words were set right since, they hold other parts, and it stays one.
    """
    with call.office.database.reading() as session:
        words = _own(session, call, ticket_id).text or ""
    said = forms.heard(words, call.office.lexicon(), call.now)
    is_as_offered = [one.text for one in said.parts] == body.parts

    def work(session: Session) -> Split:
        ticket = _own(session, call, ticket_id)
        if not (is_as_offered and ticket.is_open and ticket.text == words):
            raise TransitionNotAllowed(number=ticket.number)
        numbers = forms.split(session, call.who, ticket, said, call.now)
        found = (session.get_one(Ticket, one) for one in numbers)
        return Split(items=[line(one, call.who.person_id) for one in found])

    return work


@acts("/tickets/<int:ticket_id>/rating", takes=RatingIn, gives=Rated, refuses=(*STATE, "too_late"))
def rate(call: Call, ticket_id: int, body: RatingIn) -> Work:
    """Say whether it is solved, and how well; unhappy, it is taken up again, once."""

    def work(session: Session) -> Rated:
        ticket = supporting.main_of(session, _matter(session, call, ticket_id))
        is_reopened = rating.rate(
            session,
            ticket,
            is_solved=body.is_solved,
            stars=body.stars,
            by=call.who.person_id,
            at=call.now,
        )
        return Rated(is_reopened=is_reopened, ticket=shown(session, call, ticket))

    return work


@sets(
    "/tickets/<int:ticket_id>/class",
    takes=ClassIn,
    gives=TicketOut,
    refuses=("too_late", "not_allowed"),
)
def set_class(call: Call, ticket_id: int, body: ClassIn) -> Work:
    """Set the class right."""
    _check_class(body.category, body.subcategory)

    def work(session: Session) -> TicketOut:
        ticket = _own(session, call, ticket_id)
        by = {"by": call.who.person_id, "at": call.now}
        refining.reclassify(session, ticket, body.category, body.subcategory, **by)
        return shown(session, call, ticket)

    return work


@sets(
    "/tickets/<int:ticket_id>/place",
    takes=AreaIn,
    gives=TicketOut,
    refuses=("too_late", "not_allowed"),
)
def set_place(call: Call, ticket_id: int, body: AreaIn) -> Work:
    """Say where it is."""

    def work(session: Session) -> TicketOut:
        ticket, area = _own(session, call, ticket_id), session.get(Area, body.area_id)
        if area is None:
            raise NotFound
        refining.place(session, ticket, area, by=call.who.person_id, at=call.now)
        return shown(session, call, ticket)

    return work


def _matter(session: Session, call: Call, ticket_id: int) -> Ticket:
    return mine.matter(session, call.who.person_id, ticket_id)


def _own(session: Session, call: Call, ticket_id: int) -> Ticket:
    """What a neighbour reported is theirs to set right."""
    ticket = _matter(session, call, ticket_id)
    if ticket.reporter_id != call.who.person_id:
        raise NotAllowed(number=ticket.number)
    return ticket


def _check_class(key: str | None, child: str | None) -> None:
    """Raises NotFound for a class that is none of ours."""
    try:
        if key is not None and child is not None:
            category(key).child(child)
        elif key is not None:
            category(key)
    except KeyError as unknown:
        raise NotFound from unknown
