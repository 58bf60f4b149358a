"""A person is asked for: the community answers, and knows what was said before."""

from bots import locations, registry
from bots.accusation import accused_by_name
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import intake
from bots.message import Reply
from config.categories import Intent, Urgency
from config.policy import load
from models.tickets import lists, refining
from models.tickets.opening import Report, open_ticket

MATTER = "other_estate"
LISTENING_HOURS = 1  # what is said within them goes to who was called


@registry.command("person")
def person(chat: Chat, command: Command) -> Reply:
    """A ticket of its own for the community, or a word on the matter at hand."""
    wish = chat.as_said(command.text)
    if wish and chat.understanding and accused_by_name(chat.text, chat.understanding):
        return intake.take_in(chat)
    recent = lists.recent_of(chat.session, chat.person_id, chat.now)
    if recent is not None:
        refining.add_note(
            chat.session,
            recent,
            " ".join([load("commands")["person"]["note"], wish]).strip(),
            by=chat.person_id,
            at=chat.now,
            for_reporter=False,
        )
        return chat.say("person_on_ticket", ticket_id=recent.id)
    location = locations.locate(chat, None)
    opened = open_ticket(
        chat.session,
        Report(
            account=chat.account,
            reporter_id=chat.person_id,
            text=wish or load("commands")["person"]["note"],
            category=MATTER,
            subcategory=None,
            urgency=Urgency.NORMAL,
            intent=Intent.ENQUIRY,
            confidence=1.0,
            area_id=location.area_id,
            community_id=location.community_id,
            place_name=location.name,
        ),
        chat.now,
    )
    if wish:
        return chat.say("person_called", **opened.context, is_said=True)
    return chat.ask(
        "supplement_text",
        "person_called",
        keep={"is_called": True},
        on_ticket=opened.ticket_id,
        hours=LISTENING_HOURS,
        **opened.context,
        is_said=False,
    )
