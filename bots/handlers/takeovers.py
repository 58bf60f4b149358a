"""Staff take over a resident's chat and hand it back; meanwhile words go over as they are."""

from bots import registry
from bots.accusation import accused
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.message import Reply
from bots.ticket_words import record
from config.policy import load
from models import quiet_hours, takeovers
from models.conversations import Question
from models.outbox import Quiet
from models.takeovers import TAKEN_OVER, TALKING, Takeover
from models.tickets import facts, lists
from models.tickets.table import Ticket


@registry.command("take_over")
def take_over_command(chat: Chat, command: Command) -> Reply:
    found = [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id)]
    return on_ticket(chat, command, found, take_over)


def take_over(chat: Chat, ticket: Ticket, text: str) -> Reply:
    """What was said before is shown, so that nobody has to be asked for it again."""
    said = record(chat.session, ticket)
    takeovers.take_over(chat.session, ticket, by=chat.person_id, at=chat.now)
    return chat.say(
        "takeover_begun",
        record=said,
        minutes=load("intake")["takeover"]["hands_back_minutes"],
        **facts.context(chat.session, ticket),
    )


@registry.command("hand_back")
def hand_back_command(chat: Chat, command: Command) -> Reply:
    found = [chat.session.get_one(Ticket, one.ticket_id) for one in open_talks(chat)]
    return on_ticket(chat, command, found, hand_back)


def hand_back(chat: Chat, ticket: Ticket, text: str) -> Reply:
    talk = takeovers.of_ticket(chat.session, ticket.id)
    if talk is None:
        return chat.say("no_such_tickets", command="hand_back")
    takeovers.hand_back(chat.session, talk, by=chat.person_id, at=chat.now)
    return chat.say("takeover_ended", ticket_id=ticket.id)


def open_talks(chat: Chat) -> list[Takeover]:
    """With whom this member of staff talks, the latest word first."""
    if not (chat.speaker.has_posts and chat.speaker.has_questions):
        return []
    return takeovers.of_staff(chat.session, chat.person_id, chat.now)


def with_resident(chat: Chat) -> Takeover | None:
    """Who talks with this resident, if anybody does."""
    if not chat.speaker.has_questions:
        return None
    return takeovers.of_resident(chat.session, chat.person_id, chat.now)


@registry.talks(TAKEN_OVER)
def resident_said(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """To who took over; an alarm, and a complaint about those who read along, go their own way."""
    talk = with_resident(chat)
    if talk is None or chat.is_alarm or _is_about(chat, talk):
        return None
    return relay(chat, talk, text if digit is None else str(digit))


def relay(chat: Chat, talk: Takeover, words: str) -> Reply:
    quiet = takeovers.heard(chat.session, talk, words, at=chat.now)
    is_night = quiet == Quiet.RESPECT and quiet_hours.quiet_since(chat.now) is not None
    return chat.say(
        "chat_passed_on",
        to_resident=False,
        is_night=is_night,
        role=talk.role,
        ticket_id=talk.ticket_id,
    )


@registry.talks(TALKING)
def staff_said(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """To the resident; of several residents, which one is asked."""
    if chat.is_alarm:
        return None
    words = text if digit is None else str(digit)
    talks = open_talks(chat)
    tickets = [chat.session.get_one(Ticket, one.ticket_id) for one in talks]
    if len(talks) == 1:
        return pass_on(chat, talks[0], words)
    return on_ticket(chat, Command("answer", text=words), tickets, _pass_on) if talks else None


def _pass_on(chat: Chat, ticket: Ticket, text: str) -> Reply:
    talk = next(one for one in open_talks(chat) if one.ticket_id == ticket.id)
    return pass_on(chat, talk, text)


def pass_on(chat: Chat, talk: Takeover, words: str) -> Reply:
    takeovers.answer(chat.session, talk, words, at=chat.now)
    return chat.say("chat_passed_on", to_resident=True, ticket_id=talk.ticket_id)


def _is_about(chat: Chat, talk: Takeover) -> bool:
    """Whether who talks with the resident is among those the words complain about."""
    about = accused(chat.text, chat.understanding) if chat.understanding else None
    hidden: dict[str, list[str]] = load("dispatch")["about"].get(about, {}) if about else {}
    return talk.role in hidden.get("hidden_from", ())
