"""What staff answered becomes an entry of the directory, if they say so."""

from bots import commands, registry
from bots.chat import Chat
from bots.handlers.directory import facts
from bots.message import Reply
from config.policy import load
from models import conversations
from models.conversations import Question
from models.directory import actions, lists, questions
from models.directory.details import LONGEST_TITLE, Details, problems
from models.directory.table import DirectoryEntry
from models.places import Area
from models.tickets.table import Ticket

KEEP, LEAVE = 1, 2
KIND = "faq"


def offer(chat: Chat, ticket: Ticket, text: str) -> Reply | None:
    """Staff answered: shall it be found by the next who asks? None when it can not be."""
    if not questions.answered(chat.session, ticket, chat.now):
        return None
    area_id = questions.area_for(chat.session, ticket, chat.person_id, chat.now)
    said = Details(kind=KIND, title=title_of(ticket.text or ""), text=text).tidied()
    if area_id is None or problems(said):
        return None
    return chat.ask(
        "directory_keep",
        "directory_keep_asked",
        keep={"area_id": area_id, "title": said.title, "text": said.text},
        on_ticket=ticket.id,
        title=said.title,
        area=chat.session.get_one(Area, area_id).name,
    )


@registry.question("directory_keep")
def directory_keep(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1, perhaps with a better title: it becomes an entry. 2: it was for this one alone."""
    if digit is None:
        return None
    if digit not in (KEEP, LEAVE):
        return chat.say("not_a_choice", most=LEAVE)
    kept = question.context
    title = chat.as_said(commands.remark(chat.text)) or kept["title"]
    said = Details(kind=KIND, title=title, text=kept["text"]).tidied()
    if digit == KEEP and problems(said):
        return chat.say("directory_title_unfit", longest=LONGEST_TITLE)
    conversations.close(question, chat.now)
    if digit == LEAVE:
        return chat.say("directory_not_kept")
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    entry = _keep(chat, ticket, said, kept["area_id"])
    return chat.say("directory_kept", **facts(chat.session, entry))


def _keep(chat: Chat, ticket: Ticket, said: Details, area_id: int) -> DirectoryEntry:
    """A new entry, or a newer version of the one with this title."""
    session, by, at = chat.session, chat.person_id, chat.now
    there = lists.named(session, area_id, said.kind, said.title)
    if there is None:
        entry = actions.add(session, said, area_id=area_id, by=by, at=at, ticket_id=ticket.id)
    else:
        entry = actions.revise(session, there, said, by=by, at=at)
    questions.kept(session, ticket, entry, at)
    return entry


def title_of(asked: str) -> str:
    """A question without its greeting, as a title."""
    title = " ".join(asked.split())
    polite = sorted(load("directory")["polite"]["words"], key=len, reverse=True)
    while True:
        title = title.lstrip(" ,，。!！、:：")
        opening = next((word for word in polite if title.startswith(word)), None)
        if opening is None or opening == title:
            return title[:LONGEST_TITLE].rstrip(" ,，。!！、")
        title = title[len(opening) :]
