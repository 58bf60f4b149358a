"""A resident about their own tickets: progress, urging, adding, correcting, taking back."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import select

from bots import legacy_views, registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import (
    accusing,
    clarifying,
    hazards,
    intake,
    legacy,
    operations,
    supervisions,
    whistles,
)
from bots.message import Reply
from bots.ticket_words import line
from config.categories import Urgency, added, categories
from models import conversations
from models.conversations import Question
from models.events import Event
from models.operations import undoing as operation_steps
from models.past import EveryEvent
from models.ticket_flow import UNDO_MINUTES, Action
from models.tickets import facts, lists, refining, supporting, undoing
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import Note, Ticket
from models.whistles import undoing as whistle_steps

MOST_NAMED = 6  # of the children that staff added, so that the list still fits a phone

Undo = Callable[[Chat, Event], Reply]


@registry.command("progress")
def progress(chat: Chat, command: Command) -> Reply:
    """One ticket with its last steps, or the list of one's own."""
    mine = lists.reported_by(chat.session, chat.person_id)
    if command.number is None and len(mine) > 1:
        return chat.ask(
            "ticket_list",
            "ticket_list",
            keep={"ids": [one.id for one in mine]},
            tickets=[line(one) for one in mine],
        )
    return on_ticket(chat, command, mine, show, changes=False)


@registry.question("ticket_list")
def ticket_list(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    return show(chat, chat.session.get_one(Ticket, ids[digit - 1]), "")


def show(chat: Chat, ticket: Ticket, text: str) -> Reply:
    is_mine = ticket.reporter_id == chat.person_id
    main = supporting.main_of(chat.session, ticket)
    return chat.say(
        "ticket_shown",
        main=facts.context(chat.session, main) if main.id != ticket.id else None,
        **facts.context(chat.session, ticket),
        steps=[
            {"verb": one.verb, "at": one.at.isoformat(), "new": one.new}
            for one in _steps(chat, ticket)
        ],
        notes=[note.text for note in _answers(chat, ticket)] if is_mine else [],
        suspended_until=(
            ticket.suspended_until.isoformat() if ticket.suspended_until is not None else None
        ),
        is_mine=is_mine,
        legacy=legacy_views.of_ticket(chat, main),
    )


def _steps(chat: Chat, ticket: Ticket) -> Sequence[Event]:
    """What changed its state, the latest four, in the order of time."""
    found = chat.session.scalars(
        select(EveryEvent)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.subject_id == ticket.id,
            EveryEvent.new.is_not(None),
        )
        .order_by(EveryEvent.id.desc())
        .limit(4)
    ).all()
    return found[::-1]


def _answers(chat: Chat, ticket: Ticket) -> Sequence[Note]:
    return chat.session.scalars(
        select(Note)
        .where(Note.ticket_id == ticket.id, Note.for_reporter.is_(True))
        .order_by(Note.id.desc())
        .limit(3)
    ).all()


@registry.command("urge")
def urge_command(chat: Chat, command: Command) -> Reply:
    joined = lists.open_supported_by(chat.session, chat.person_id)
    return on_ticket(chat, command, [*_open(chat), *joined], _urge)


def _urge(chat: Chat, ticket: Ticket, text: str) -> Reply:
    ticket = supporting.main_of(chat.session, ticket)
    refining.urge(chat.session, ticket, by=chat.person_id, at=chat.now)
    return chat.say("ticket_urged", **facts.context(chat.session, ticket))


@registry.command("supplement")
def supplement_command(chat: Chat, command: Command) -> Reply:
    joined = lists.open_supported_by(chat.session, chat.person_id)
    return on_ticket(chat, command, [*_open(chat), *joined], _supplement)


def _supplement(chat: Chat, ticket: Ticket, text: str) -> Reply:
    ticket = supporting.main_of(chat.session, ticket)
    if not text:
        return chat.ask("supplement_text", "supplement_asked", on_ticket=ticket.id)
    past_them = accusing.apart(chat, ticket, text)
    if past_them is not None:
        return past_them
    refining.add_note(
        chat.session, ticket, text, by=chat.person_id, at=chat.now, for_reporter=False
    )
    return chat.say("ticket_supplemented", ticket_id=ticket.id, asks_place=ticket.area_id is None)


@registry.asks_words("supplement_text")
def supplement_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """The words asked for; an alarm, or a sure matter of another class, is a report instead.

    A person who was called is told all but what is urgent: they were asked for, and wait for it.
    """
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    is_called = question.context.get("is_called", False)
    if _is_urgent(chat) if is_called else intake.is_other_matter(chat, ticket.category):
        return None
    conversations.close(question, chat.now)
    return _supplement(chat, ticket, text)


def _is_urgent(chat: Chat) -> bool:
    return chat.understanding is not None and chat.understanding.urgency != Urgency.NORMAL


@registry.command("withdraw")
def withdraw_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _open(chat), _withdraw)


def _withdraw(chat: Chat, ticket: Ticket, text: str) -> Reply:
    apply(chat.session, ticket, Action.WITHDRAW, by=Actor(chat.person_id), at=chat.now)
    if ticket.is_open:
        return chat.say("ticket_left_to_others", **facts.context(chat.session, ticket))
    return chat.say("ticket_withdrawn", **facts.context(chat.session, ticket))


@registry.command("anonymous")
def anonymous_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _open(chat), _hide)


def _hide(chat: Chat, ticket: Ticket, text: str) -> Reply:
    refining.hide_reporter(ticket, by=chat.person_id)
    return chat.say("reporter_hidden", ticket_id=ticket.id)


@registry.command("reclassify")
def reclassify_command(chat: Chat, command: Command) -> Reply:
    """By the reporter and by staff; the class may be named at once."""
    tasks = [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id)]
    return on_ticket(chat, command, [*_open(chat)[:1]] or tasks[:1], _reclassify)


def _reclassify(chat: Chat, ticket: Ticket, text: str) -> Reply:
    named = clarifying.class_named(text) if text else None
    if named is not None:
        for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
            if question.kind == "class_choice" and question.ticket_id == ticket.id:
                conversations.close(question, chat.now)
        refining.reclassify(chat.session, ticket, *named, by=chat.person_id, at=chat.now)
        return intake.after_refining(chat, ticket)
    keys = [one.key for one in categories()]
    return chat.ask(
        "class_choice",
        "reclassify_asked",
        keep={"keys": keys, "is_wished": True},
        on_ticket=ticket.id,
        category=ticket.category,
        subcategory=ticket.subcategory,
        keys=keys,
        added=added()[:MOST_NAMED],
    )


@registry.command("undo")
def undo_command(chat: Chat, command: Command) -> Reply:
    """Takes back the last step this person took, on whatever ticket."""
    ticket = _undoable(chat, command.number)
    beside = _beside(chat, command.number)
    if beside is not None and _is_later(chat, beside[0], ticket):
        step, undo = beside
        return undo(chat, step)
    if ticket is None:
        reported = lists.recent_of(chat.session, chat.person_id, chat.now)
        return chat.say("nothing_to_undo", ticket_id=reported.id if reported else None)
    event_id = apply(chat.session, ticket, Action.UNDO, by=Actor(chat.person_id), at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    undone = chat.session.get_one(Event, event_id).detail["undone"]
    return chat.say("step_undone", undone=undone, **facts.context(chat.session, ticket))


def _beside(chat: Chat, number: int | None) -> tuple[Event, Undo] | None:
    """The last step of this person that is none of a ticket's own, and who takes it back."""
    session, who, now = chat.session, chat.person_id, chat.now
    steps: list[tuple[Event | None, Undo]] = [
        (whistle_steps.undoable(session, who, now, number), whistles.undo)
    ]
    if number is None:
        steps.append((hazards.last_step(chat), hazards.undo))
    if number is None and chat.speaker.has_posts:
        steps.append((operation_steps.undoable(session, who, now), operations.undo))
        steps.append((legacy.last_step(chat), legacy.undo))
        steps.append((supervisions.last_step(chat), supervisions.undo))
    found = [(step, undo) for step, undo in steps if step is not None]
    return max(found, key=lambda one: one[0].id, default=None)


def _is_later(chat: Chat, step: Event, ticket: Ticket | None) -> bool:
    """Whether this step came after the one with a ticket."""
    if ticket is None:
        return True
    last = undoing.undoable(chat.session, ticket, Actor(chat.person_id), chat.now)
    return last is None or step.id > last.id


def _undoable(chat: Chat, number: int | None) -> Ticket | None:
    """The ticket of the last step of this person that can be taken back."""
    mine = select(Event.subject_id).where(
        Event.subject_kind == "ticket",
        Event.actor_id == chat.person_id,
        Event.at >= chat.now - timedelta(minutes=UNDO_MINUTES),
    )
    if number is not None:
        mine = mine.where(Event.subject_id == number)
    touched = chat.session.scalars(mine.order_by(Event.id.desc())).all()
    tickets = (chat.session.get_one(Ticket, one) for one in dict.fromkeys(touched))
    by = Actor(chat.person_id)
    return next(
        (one for one in tickets if can(chat.session, one, Action.UNDO, by=by, at=chat.now)), None
    )


def _open(chat: Chat) -> Sequence[Ticket]:
    return lists.open_reported_by(chat.session, chat.person_id)
