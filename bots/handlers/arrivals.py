"""An emergency on the spot: whoever was asked says that they are there."""

from bots.chat import Chat
from bots.message import Reply
from config.categories import Urgency
from models.tickets import arriving, assigning, facts, lists
from models.tickets.table import Ticket


def expected(chat: Chat) -> list[Ticket]:
    """Emergencies this person was asked to come to and has not said to have reached."""
    asked = lists.tasks_of(chat.session, chat.person_id) if chat.speaker.has_posts else []
    alarms = {one.id: one for one, _ in asked if one.urgency == Urgency.EMERGENCY}
    return [
        one
        for one in alarms.values()
        if arriving.is_there_since(chat.session, one, chat.person_id) is None
    ]


def arrive(chat: Chat, ticket: Ticket) -> Reply:
    since = arriving.arrive(chat.session, ticket, by=chat.person_id, at=chat.now)
    mine = assigning.active_of(chat.session, ticket, chat.person_id)
    context = facts.context(chat.session, ticket) | {
        "arrived_at": since.isoformat(),
        "part": mine.part if mine else None,
    }
    if mine is None:
        return chat.say("arrival_kept", **context)
    return chat.ask("finish", "arrival_kept", on_ticket=ticket.id, **context)
