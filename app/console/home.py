"""The page of the day: what is late, due, untaken, sent back and called for; each number a list."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.console.access import PUBLICITY, page
from app.console.desk import Desk
from app.console.ledger_unworked import letters
from app.console.rendering import render
from jobs import standings
from models import takeovers
from models.localtime import local
from models.notices import desk as notices
from models.posts import Role
from models.publicity import dues
from models.supervisions import lists as supervisions
from models.tickets import queue
from models.tickets.asked import conditions_of
from models.tickets.sight import sight_of
from models.whistles import lists as whistles

# Name → the query of the list that the number opens.
LISTS: Mapping[str, Mapping[str, str]] = {
    "overdue": {"due": "overdue"},
    "today": {"due": "today"},
    "waiting": {"group": "waiting"},
    "nobody": {"owner": "nobody"},
    "returned": {"returned": "1"},
    "whistled": {"whistled": "1"},
    "suspended": {"group": "suspended"},
    "mine": {"owner": "me"},
}
AT_HAND = ("overdue", "today")
FIRST = 5


@page("/")
def home(desk: Desk) -> Any:
    if desk.staff.roles == {Role.ADMIN}:
        with desk.reading() as session:
            return render("home_admin.html", troubled=standings.in_trouble(session, desk.now))
    by = desk.staff.person_id
    wanted = {name: conditions_of(query) for name, query in LISTS.items()}
    with desk.reading() as session:
        sight = sight_of(session, by, desk.now)
        counts = queue.open_counts(session, sight, wanted, desk.now)
        first = {
            name: queue.rows(session, sight, wanted[name], desk.now, limit=FIRST)
            for name in AT_HAND
            if counts[name]
        }
        return render(
            "home.html",
            lists=LISTS,
            counts=counts,
            first=first,
            late_dues=_late_dues(session, desk) if desk.staff.roles & PUBLICITY else 0,
            letters=len(letters(session, desk, sight)),
            calls=whistles.calls_for(session, by),
            supervisions=supervisions.to_answer(session, by, desk.now),
            talks=takeovers.of_staff(session, by, desk.now),
            now=desk.now,
        )


def _late_dues(session: Session, desk: Desk) -> int:
    places = notices.sight_of(session, desk.staff.person_id, desk.now).everywhere
    return dues.count_late(session, places, local(desk.now).date())
