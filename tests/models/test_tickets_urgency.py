"""A wrong urgency is set right by who supervises the place; deadlines follow from the start."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import sla
from models.base import Database
from models.errors import NotAllowed, ReasonMissing, TransitionNotAllowed
from models.events import Event
from models.outbox import OutboxMessage
from models.ticket_flow import Action
from models.tickets.actions import allowed, apply, can
from models.tickets.table import About, Ticket
from tests.factories import MORNING, actor, building, ticket, town

HOUR = timedelta(hours=1)
STAFF = ("community_staff", 1)


def set_to(
    session: Session, one: Ticket, urgency: Urgency, who: tuple[str, int] = STAFF, **more: Any
) -> Event:
    by, reason = actor(session, *who), more.pop("reason", "老人等着用水")
    given = {"at": MORNING + HOUR, "reason": reason, "urgency": urgency, **more}
    return session.get_one(Event, apply(session, one, Action.SET_URGENCY, by=by, **given))


def due(one: Ticket) -> sla.Deadlines:
    return sla.shipped().deadlines(one.category, one.urgency, one.opened_at)


def told(session: Session, template: str) -> list[int | None]:
    found = select(OutboxMessage.person_id).where(OutboxMessage.template == template)
    return list(session.scalars(found))


def test_both_deadlines_are_counted_anew_from_the_start(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="parking")
        event = set_to(session, one, Urgency.URGENT)
        assert (one.accept_due_at, one.resolve_due_at) == (
            due(one).accept_due_at,
            due(one).resolve_due_at,
        )
        assert (event.detail["before_urgency"], event.detail["after_urgency"]) == (
            "normal",
            "urgent",
        )
        assert event.words is not None
        assert told(session, "ticket_urgency_set") == [one.reporter_id]
        assert one.owner_id in told(session, "task_urgency_set")


def test_what_was_promised_already_is_not_told_again(database: Database) -> None:
    """Nothing about others comes sooner when it is urgent: only who accepts it must hurry."""
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), category="not_estate")
        promised = one.resolve_due_at
        set_to(session, one, Urgency.URGENT)
        assert one.resolve_due_at == promised
        assert told(session, "ticket_urgency_set") == []


def test_the_step_is_taken_back_with_its_deadlines(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        before = one.accept_due_at, one.resolve_due_at
        set_to(session, one, Urgency.URGENT)
        apply(session, one, Action.UNDO, by=actor(session, *STAFF), at=MORNING + HOUR)
        assert one.urgency == Urgency.NORMAL
        assert (one.accept_due_at, one.resolve_due_at) == before


@pytest.mark.parametrize(
    "who", [("grid_worker", 1), ("building_head", 1), ("resident", 1), ("community_staff", 3)]
)
def test_who_does_not_supervise_the_place_does_not_weigh(
    database: Database, who: tuple[str, int]
) -> None:
    """Least of all the owner, who would give themselves more time."""
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), urgency=Urgency.URGENT)
        with pytest.raises(NotAllowed):
            set_to(session, one, Urgency.NORMAL, who)
        assert Action.SET_URGENCY not in allowed(session, one, by=actor(session, *who), at=MORNING)


def test_whom_it_is_about_does_not_weigh_it(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), about=About.COMMUNITY, urgency=Urgency.URGENT)
        with pytest.raises(NotAllowed):
            set_to(session, one, Urgency.NORMAL)


def test_it_is_explained(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        with pytest.raises(ReasonMissing):
            set_to(session, one, Urgency.URGENT, reason=" ")
        assert one.urgency == Urgency.NORMAL


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (Urgency.NORMAL, Urgency.NORMAL),
        (Urgency.NORMAL, Urgency.EMERGENCY),
        (Urgency.EMERGENCY, Urgency.NORMAL),
    ],
)
def test_an_emergency_is_called_and_stood_down_never_weighed(
    database: Database, now: Urgency, wanted: Urgency
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), urgency=now)
        by = actor(session, *STAFF)
        given = {"by": by, "at": MORNING, "urgency": wanted}
        assert not can(session, one, Action.SET_URGENCY, **given)
        with pytest.raises(TransitionNotAllowed):
            set_to(session, one, wanted)
