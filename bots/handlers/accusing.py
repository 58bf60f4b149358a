"""Words beside a ticket that accuse those who may read it become a ticket past them."""

from bots.accusation import accused_by_name
from bots.chat import Chat
from bots.message import Reply
from bots.reporting import class_of
from models.tickets.opening import Report, open_ticket
from models.tickets.table import Ticket


def apart(chat: Chat, ticket: Ticket, words: str) -> Reply | None:
    """A ticket of its own at the same place; None when the words may stand beside this one."""
    meant = chat.understanding
    about = accused_by_name(chat.text, meant) if meant else None
    if meant is None or about is None or about == ticket.about:
        return None
    report = Report(
        account=ticket.account,
        reporter_id=chat.person_id,
        text=words,
        about=about,
        hides_reporter=True,
        area_id=ticket.area_id,
        community_id=ticket.community_id,
        place_name=ticket.place_name,
        spot=ticket.spot,
        **class_of(meant),
    )
    opened = open_ticket(chat.session, report, chat.now)
    return chat.say("told_apart", **opened.context, beside=ticket.id, rated=None)
