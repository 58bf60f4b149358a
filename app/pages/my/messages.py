"""Everything that was sent to a resident, worded as it was; what waited has thereby arrived."""

from app.pages.my.access import page
from app.pages.my.rendering import Answer, page_before, render
from app.pages.my.visit import Visit
from bots.my_messages import worded
from models import my_messages, outbox
from models.tickets import mine


@page("/messages")
def messages(visit: Visit) -> Answer:
    with visit.writing() as session:
        found = my_messages.sent_to(
            session, visit.who.person_id, before=page_before(), limit=my_messages.PAGE + 1
        )
        shown = found[: my_messages.PAGE]
        told = list(worded(shown))
        outbox.show(session, [one.id for one in shown], visit.now)
        named = {one.ticket_id for one in told if one.ticket_id is not None}
        own = mine.reported_among(session, visit.who.person_id, named)
    return render(
        "messages.html",
        messages=told,
        own=own,
        next=shown[-1].id if len(found) > len(shown) else None,
    )
