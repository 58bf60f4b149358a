"""A matter told by a form, understood as in chat: opened, added to, made part of a neighbour's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy.orm import Session

from bots import reporting, twins
from bots.chat import Chat
from bots.dialogue import Heard, hear
from bots.handlers import accusing, directory, intake, splitting
from bots.lexicon import Lexicon
from bots.locations import Location, area_location, location_of
from bots.message import IncomingMessage, MessageKind
from bots.splitting import under_main
from bots.understand import Understanding
from config.categories import LAST_RESORT, Intent
from models import media
from models.errors import NotAllowed, NotFound, NothingSaid
from models.people import Identity
from models.places import Area
from models.speakers import known_speaker
from models.ticket_flow import Action
from models.tickets import recording, refining, supporting
from models.tickets.actions import apply
from models.tickets.opening import Opened, Report
from models.tickets.recording import Channel
from models.tickets.step import Actor
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class Form:
    """报事表单 — what was filled in; what was left empty is understood from the words."""

    words: str
    area_id: int | None = None
    category: str | None = None  # set right by who reports
    subcategory: str | None = None
    hides_reporter: bool = False
    photos: Sequence[str] = ()  # as models.media named them


@dataclass(frozen=True, slots=True)
class Filed:
    """受理结果 — what a form became, and what may still be asked about it."""

    opened: Opened
    words: Sequence[str]  # that decided its class
    is_class_known: bool
    about: str | None
    offered: Sequence[int] = ()  # of their homes, where it may be any
    parts: Sequence[str] = ()  # it may be several matters
    twin: Mapping[str, Any] | None = None  # a neighbour's that may be the same


def heard(words: str, lexicon: Lexicon, at: datetime) -> Heard:
    """Pure; before the transaction, as nothing slow may wait inside it."""
    return hear(_message("", "", words, at), lexicon)


def suggestion(words: str, lexicon: Lexicon, at: datetime) -> Understanding:
    """Pure: which class these words would have, while they are still typed."""
    return _meant(heard(words, lexicon, at))


def file(
    session: Session, who: Identity, form: Form, said: Heard, channel: Channel, now: datetime
) -> Filed:
    """The ticket, as if it had been said in chat.

    Raises NotFound for a place and PhotoGone for a photo that is not there.
    """
    chat = chat_of(session, who, form.words, said, now)
    meant = _chosen(_meant(said), form)
    location = _location(chat, meant, form)
    report = _report(who, form, said, meant, location)
    twin = None if said.parts else twins.twin_of_report(session, report, now)
    opened = recording.record(session, report, channel, "", by=who.person_id, at=now)
    media.hand_in(session, who.person_id, form.photos, opened.ticket_id)
    if meant.intent == Intent.ENQUIRY:
        directory.note_unanswered(chat, opened.ticket_id)
    if said.parts:
        intake.hint_at_parts(chat, opened.ticket_id)
    return Filed(
        opened,
        intake.shown_words(meant),
        report.is_class_known,
        report.about,
        offered=location.offered,
        parts=[one.text for one in said.parts],
        twin=twin,
    )


def supplement(
    session: Session, who: Identity, ticket: Ticket, words: str, said: Heard, now: datetime
) -> int:
    """Words beside the matter. Where they accuse who may read them, the ticket they became
    instead; else the one they stand beside now."""
    chat = chat_of(session, who, words, said, now)
    main = supporting.main_of(session, ticket)
    past_them = accusing.apart(chat, main, words)
    if past_them is not None:
        return int(past_them.context["ticket_id"])
    refining.add_note(session, main, words, by=who.person_id, at=now, for_reporter=False)
    return main.id


def split(session: Session, who: Identity, ticket: Ticket, said: Heard, now: datetime) -> list[int]:
    """Each matter that its own words, heard anew, hold goes on as a ticket. NotFound for one."""
    if not said.parts or not ticket.is_open:
        raise NotFound(number=ticket.number)
    chat = chat_of(session, who, ticket.text or "", said, now)
    return [one["ticket_id"] for one in splitting.apart(chat, ticket, said.parts)]


def join(session: Session, who: Identity, ticket: Ticket, into_id: int, now: datetime) -> None:
    """This report goes on as part of a neighbour's. NotFound where none such may be told of."""
    if ticket.reporter_id != who.person_id:
        raise NotAllowed(number=ticket.number)
    found = session.get(Ticket, into_id)
    into = supporting.main_of(session, found) if found else None
    if into is None or not supporting.may_join(session, ticket, into, who.person_id, now):
        raise NotFound(number=f"#{into_id}")
    apply(session, ticket, Action.MERGE, by=Actor(who.person_id), at=now, into=into)


def _meant(said: Heard) -> Understanding:
    """Who fills in a form has a matter, however it is put. Raises NothingSaid."""
    if said.understanding is None:
        raise NothingSaid
    meant = reporting.provisional(under_main(said.parts, said.understanding), said.things)
    if meant.intent in reporting.TALK:
        meant = replace(meant, intent=Intent.REPORT)
    return reporting.as_matter(meant, said.text)


def _chosen(meant: Understanding, form: Form) -> Understanding:
    if form.category is None:
        return meant
    subcategory = form.subcategory or LAST_RESORT
    return replace(meant, category=form.category, subcategory=subcategory, confidence=1.0)


def _report(
    who: Identity, form: Form, said: Heard, meant: Understanding, location: Location
) -> Report:
    """A class that was picked is known."""
    report = reporting.report_of(
        meant,
        location,
        account=who.account,
        reporter_id=who.person_id,
        said=form.words,
        text=said.text,
        things=said.things,
        is_anonymous=form.hides_reporter,
    )
    return structs.replace(
        report, is_class_known=report.is_class_known or form.category is not None
    )


def _location(chat: Chat, meant: Understanding, form: Form) -> Location:
    """A place that was picked is the place, whatever the words name beside it."""
    if form.area_id is None:
        return location_of(chat, meant.place, None)
    if chat.session.get(Area, form.area_id) is None:
        raise NotFound(number="")
    return area_location(chat, form.area_id, meant.place.spot if meant.place else None)


def chat_of(session: Session, who: Identity, words: str, said: Heard, now: datetime) -> Chat:
    """As a handler of chat takes words that came by a form."""
    speaker = known_speaker(session, who.account, who.openid, now)
    assert speaker is not None
    message = _message(who.account, who.openid, words, now)
    return Chat(
        session, speaker, message, said.understanding, said.text, now, said.parts, said.things
    )


def _message(account: str, openid: str, words: str, at: datetime) -> IncomingMessage:
    return IncomingMessage(account, openid, "", MessageKind.TEXT, at, text=words)
