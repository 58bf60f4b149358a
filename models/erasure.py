"""What is kept of a person, shown to them, and destroyed at their word; counts stay."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from models import (
    answered_requests,
    events,
    homes,
    inbox,
    media,
    page_links,
    privacy_consents,
    resident_sessions,
    sign_ins,
    staff_accounts,
    takeovers,
)
from models.conversations import Question
from models.events import Fact
from models.hazards.table import Hazard
from models.homes import Home
from models.hotline.table import HotlineOrder
from models.legacy.table import Progress
from models.mediations import keeping as mediations
from models.notices.table import Objection, PersonTag
from models.operations.table import Finding
from models.outbox import Delivery, OutboxMessage
from models.past import MESSAGES, PAST_MESSAGES, EveryEvent, EveryMessage
from models.patrols import rounds
from models.people import Identity, Person, all_they_were
from models.places import full_name
from models.privacy_consents import Standing
from models.projects.table import ProjectNote
from models.supervisions.table import SupervisionEntry
from models.ticket_flow import OPEN
from models.tickets.table import Note, Supporter, Ticket

GONE = "erased"
LEDGERS = (MESSAGES, PAST_MESSAGES)
# Messages of their events quote people.
_WITH_WORDS = ("home", "legacy", "matching", "operation", "project", "supervision", "ticket")


def summary(session: Session, person_id: int) -> dict[str, Any]:
    """In plain facts: homes, tickets, messages."""
    tickets = session.scalars(
        select(Ticket).where(Ticket.reporter_id == person_id).order_by(Ticket.id.desc())
    ).all()
    sent = session.scalar(
        select(func.count(EveryMessage.id)).where(EveryMessage.person_id == person_id)
    )
    return {
        "homes": [
            {"place": full_name(session, one.area_id), "room": one.room}
            for one in homes.homes_of(session, person_id)
        ],
        "tickets": [{"ticket_id": one.id, "text": one.text or ""} for one in tickets[:9]],
        "total": len(tickets),
        "messages": sent or 0,
        "consents": [
            {"purpose": one.purpose, "standing": one.standing, "at": one.at}
            for one in privacy_consents.agreed(session, person_id).values()
            if one.standing != Standing.NEVER
        ],
    }


def erase(session: Session, person_id: int, now: datetime) -> None:
    """注销: name, phone, home, words and the key to what the history says are destroyed.

    Open matters go on without their author; what was counted stays counted. Messages to others
    that quote the person's words are emptied too.
    """
    mediations.forget(session, person_id)
    privacy_consents.end_all(session, person_id, now)
    _forget_person(session, person_id)
    homes.leave_all(session, person_id)
    _spare_supporters(session, person_id)
    _empty_messages(session, person_id)
    _empty_words(session, person_id)
    session.execute(
        update(Question).where(Question.person_id == person_id).values(context={}, closed_at=now)
    )
    takeovers.end_silently(session, person_id, now)
    rounds.forget(session, person_id, now)
    session.execute(delete(PersonTag).where(PersonTag.person_id == person_id))
    sign_ins.end_all(session, person_id, now)
    resident_sessions.revoke_all(session, person_id, now)
    answered_requests.forget(session, person_id)
    page_links.forget(session, person_id)
    staff_accounts.forget(session, person_id)
    media.forget(session, person_id)
    _forget_identities(session, person_id)
    events.record(
        session,
        Fact(
            verb="person_erased",
            subject_kind="person",
            subject_id=person_id,
            at=now,
            actor_id=person_id,
            detail={"open_tickets": _open_count(session, person_id)},
        ),
    )


def _forget_person(session: Session, person_id: int) -> None:
    for person in session.scalars(select(Person).where(Person.id.in_(all_they_were(person_id)))):
        person.name = person.phone = person.phone_hash = None
        person.union_id = person.own_key = None


def _empty_words(session: Session, person_id: int) -> None:
    """What the person wrote, wherever it is kept; the rows stay for the counts."""
    mine = select(Ticket.id).where(Ticket.reporter_id == person_id)
    # Neighbours who joined said it in words of their own.
    of_mine = and_(Note.ticket_id.in_(mine), Note.came_with.is_(None))
    nothing: dict[str, Any] = {"text": None, "spot": None, "evidence": []}
    of_order = dict.fromkeys(("title", "words", "place", "others"))
    of_ticket = nothing | {"things": None, "hides_reporter": True}
    for table, is_theirs, values in (
        (Home, Home.person_id == person_id, {"room": None}),
        (Note, or_(Note.author_id == person_id, of_mine), {"text": None}),
        (Objection, Objection.person_id == person_id, {"text": None}),
        (Progress, Progress.author_id == person_id, {"text": None}),
        (ProjectNote, ProjectNote.author_id == person_id, {"text": None}),
        (SupervisionEntry, SupervisionEntry.author_id == person_id, {"text": None}),
        (Finding, Finding.person_id == person_id, {"text": None}),
        (HotlineOrder, HotlineOrder.caller_id == person_id, of_order),
        (Hazard, Hazard.finder_id == person_id, nothing),
        (Ticket, Ticket.reporter_id == person_id, of_ticket),
    ):
        session.execute(
            update(table)
            .where(is_theirs)
            .values(values)
            .execution_options(synchronize_session="fetch")
        )


def _empty_messages(session: Session, person_id: int) -> None:
    """To them, and to others where the person's words are quoted; what waits never leaves."""
    mine = select(Ticket.id).where(Ticket.reporter_id == person_id)
    for table in LEDGERS:
        is_theirs = or_(
            table.c.person_id.in_(all_they_were(person_id)),
            and_(table.c.ticket_id.in_(mine), ~_to_supporters(table)),
            table.c.event_id.in_(_events_of(person_id)),
        )
        session.execute(update(table).where(is_theirs).values(context={}, template=GONE))
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.template == GONE,
            OutboxMessage.state.in_([Delivery.QUEUED, Delivery.HELD]),
        )
        .values(state=Delivery.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def _spare_supporters(session: Session, person_id: int) -> None:
    """Who joined still hears of the matter, without a word of its reporter's."""
    session.flush()  # statements of tables do not by themselves
    mine = select(Ticket.id).where(Ticket.reporter_id == person_id)
    for table in LEDGERS:
        told = select(table.c.id, table.c.context).where(
            table.c.ticket_id.in_(mine), table.c.person_id != person_id, _to_supporters(table)
        )
        for message_id, context in session.execute(told).all():
            spared = update(table).where(table.c.id == message_id)
            session.execute(spared.values(context={**context, "text": ""}))


def _to_supporters(messages: Table) -> ColumnElement[bool]:
    joined = select(Supporter.id).where(
        Supporter.ticket_id == messages.c.ticket_id,
        Supporter.person_id == messages.c.person_id,
    )
    return joined.exists()


def _events_of(person_id: int) -> Any:
    """What they did, and what failed while they spoke and went to the duty desk."""
    one, were = EveryEvent, all_they_were(person_id)
    return select(one.id).where(
        or_(
            and_(one.actor_id.in_(were), one.subject_kind.in_(_WITH_WORDS)),
            and_(one.subject_kind == "person", one.subject_id.in_(were)),
        )
    )


def _open_count(session: Session, person_id: int) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Ticket)
            .where(Ticket.reporter_id == person_id, Ticket.state.in_(OPEN))
        )
        or 0
    )


def _forget_identities(session: Session, person_id: int) -> None:
    """The openid is personal too; a later message from it is a newcomer's."""
    for identity in session.scalars(select(Identity).where(Identity.person_id == person_id)):
        gone = f"{inbox.ERASED}{identity.id}"
        inbox.forget(session, identity.account, identity.openid, gone)
        identity.openid, identity.is_following = gone, False
    session.flush()
