"""Help, privacy, and the messages that were sent to somebody."""

from bots import commands, registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import consents
from bots.message import Reply
from bots.my_messages import worded
from bots.several_homes import lived_in
from models import conversations, erasure, my_messages, outbox, places
from models.conversations import Question

SHOWN = 5
EXPORT, ERASE, CONSENTS, SURE = 1, 2, 3, 1


@registry.command("help")
def help_(chat: Chat, command: Command) -> Reply:
    offered = commands.offered(is_staff=chat.speaker.has_posts)
    return chat.say(
        "help",
        is_staff=chat.speaker.has_posts,
        everyone=[row for row in offered.values() if row["for"] == "everyone"],
        staff=[row for row in offered.values() if row["for"] == "staff"],
    )


@registry.command("messages")
def messages(chat: Chat, command: Command) -> Reply:
    """What was meant for this person, whether or not a push could bring it."""
    found = my_messages.sent_to(chat.session, chat.person_id, limit=SHOWN)
    told = [{"at": one.at.isoformat(), "text": one.text} for one in worded(found)]
    outbox.show(chat.session, [one.id for one in found], chat.now)
    return chat.say("messages", messages=told)


@registry.command("privacy")
def privacy(chat: Chat, command: Command) -> Reply:
    lived = [places.full_name(chat.session, one) for one in lived_in(chat)]
    return chat.ask("privacy", "privacy", homes=lived)


@registry.question("privacy")
def privacy_choice(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit == EXPORT:
        conversations.close(question, chat.now)
        return chat.say("privacy_export", **erasure.summary(chat.session, chat.person_id))
    if digit == ERASE:
        return chat.ask("erase", "erase_asked", has_posts=chat.speaker.has_posts)
    if digit == CONSENTS:
        conversations.close(question, chat.now)
        return consents.show(chat)
    return None if digit is None else chat.say("not_a_choice", most=CONSENTS)


@registry.question("erase")
def erase(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    conversations.close(question, chat.now)
    if digit != SURE:
        return chat.say("erase_kept")
    erasure.erase(chat.session, chat.person_id, chat.now)
    return chat.say("erased")
