"""The queue: filters, pages, counts, the filters one keeps, and what is done with many at once."""

from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for

from app.console.access import page
from app.console.acting import act
from app.console.desk import Desk
from app.console.filters import cursor_in, cursor_out, kept, query_of
from app.console.places import choices, paid_posts
from app.console.rendering import render, words_of
from config.categories import categories
from models import saved_views
from models.errors import DomainError
from models.ticket_flow import Action
from models.tickets import queue as tickets
from models.tickets.asked import conditions_of
from models.tickets.queue import Conditions, Group
from models.tickets.sight import Sight, sight_of, ticket_in

MOST_AT_ONCE = 100
OFFERED_AT_ONCE = (
    *(Action.ACCEPT, Action.DISPATCH, Action.TRANSFER, Action.SUSPEND),
    *(Action.RESUME, Action.ESCALATE, Action.ARCHIVE),
)
OPEN_GROUPS = (Group.OPEN, Group.WAITING, Group.WORKING, Group.SUSPENDED)


@page("/tickets")
def queue(desk: Desk) -> Any:
    wanted, query = conditions_of(request.args), query_of(request.args)
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        after = cursor_in(request.args.get("after", ""))
        found = tickets.rows(session, sight, wanted, desk.now, after, tickets.PAGE + 1)
        counts = tickets.open_counts(
            session, sight, {group: replace(wanted, group=group) for group in OPEN_GROUPS}, desk.now
        )
        shown = found[: tickets.PAGE]
        return render(
            "queue.html",
            rows=shown,
            wanted=wanted,
            query=query,
            is_narrowed=bool(query.keys() - {"group"}),
            counts=counts,
            total=_total(session, sight, wanted, desk, counts),
            next=cursor_out(shown[-1], wanted) if len(found) > tickets.PAGE else None,
            is_first=after is None,
            places=choices(session, sight.places, wanted.area_id),
            posts=paid_posts(session, sight, desk.now),
            views=saved_views.of_person(session, desk.staff.person_id),
            categories=categories(),
            actions=OFFERED_AT_ONCE,
            now=desk.now,
        )


@page("/tickets/at-once", "POST")
def at_once(desk: Desk) -> Any:
    """Each ticket by itself: one that is refused keeps no other back."""
    numbers = [int(one) for one in request.form.getlist("ids") if _is_number(one)]
    results = [(number, _done(desk, number)) for number in numbers[:MOST_AT_ONCE]]
    return render(
        "at_once.html",
        results=results,
        action=request.form.get("action", ""),
        back=_back(),
        left=len(numbers) - len(results),
    )


@page("/views", "POST")
def view_save(desk: Desk) -> Any:
    query = kept(request.form)
    with desk.writing() as session:
        name = request.form.get("name", "")
        saved_views.save(session, desk.staff.person_id, name, query, desk.now)
    return redirect(url_for("console.queue", **query))


@page("/views/<int:view_id>/drop", "POST")
def view_drop(desk: Desk, view_id: int) -> Any:
    with desk.writing() as session:
        saved_views.drop(session, desk.staff.person_id, view_id)
    return redirect(_back())


def _done(desk: Desk, number: int) -> str | None:
    """None, or in words why it was not done."""
    try:
        with desk.writing() as session:
            sight = sight_of(session, desk.staff.person_id, desk.now)
            act(session, desk, sight, ticket_in(session, sight, number), request.form)
    except DomainError as refusal:
        return words_of(refusal)
    return None


def _total(
    session: Any, sight: Sight, wanted: Conditions, desk: Desk, counts: dict[str, int]
) -> int:
    if wanted.group in counts:
        return counts[wanted.group]
    return tickets.count(session, sight, wanted, desk.now)


def _back() -> str:
    """The list one came from."""
    return url_for("console.queue", **kept(request.form))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
