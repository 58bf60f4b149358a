"""首问负责: the first paid post that took a matter hears how it goes on, whoever has it."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bots.rendering import render
from models.base import Database
from models.outbox import OutboxMessage
from models.posts import Post, Role
from models.protection import may_see
from models.ticket_flow import Action
from models.tickets import assigning, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.factories import MORNING, actor, building, demo_person, post_of, ticket, town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def taken(session: Session) -> Ticket:
    one = ticket(session, building(session))
    apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + MINUTE)
    return one


def hand_on(session: Session, one: Ticket, role: Role, by: Actor) -> None:
    at = MORNING + HOUR
    choices = assigning.paid_choices(session, one, at)
    holder = next(choice for choice in choices if choice.role == role)
    apply(session, one, Action.TRANSFER, by=by, at=at, reason="转办", holder=holder)


def told(session: Session, event_id: int, who: int | None) -> list[str]:
    found = session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.event_id == event_id, OutboxMessage.person_id == who
        )
    )
    words = {one.template: render(one.template, one.context) for one in found}
    assert "None" not in "".join(words.values())
    return list(words)


def test_after_a_transfer_they_see_it_and_hear_of_each_move_and_of_the_end(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        first, first_post = one.owner_id, one.owner_post_id
        hand_on(session, one, Role.PROPERTY_STAFF, Actor(first))
        staff = actor(session, "community_staff", 2)
        later = MORNING + 2 * HOUR
        event_id = apply(session, one, Action.ESCALATE, by=staff, at=later, reason="请社区出面")
        assert told(session, event_id, first) == ["task_followed"]
        apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=later)
        by = Actor(one.owner_id)
        event_id = apply(session, one, Action.RESOLVE, by=by, at=later + HOUR, reason="已劝停")
        assert told(session, event_id, first) == ["task_closed"]
        reporter = Actor(one.reporter_id)
        at = later + 2 * HOUR
        event_id = apply(session, one, Action.REOPEN, by=reporter, at=at, solved=False, stars=1)
        assert told(session, event_id, first) == ["task_followed"]
        assert one.first_contact_id == first_post
        assert first is not None
        assert may_see(session, one, first, at)


def test_who_took_it_first_is_told_one_thing_when_it_goes_up_from_their_own_hands(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        first, staff = one.owner_id, actor(session, "community_staff", 2)
        event_id = apply(
            session, one, Action.ESCALATE, by=staff, at=MORNING + HOUR, reason="请出面"
        )
        assert told(session, event_id, first) == ["task_followed"]


def test_an_owner_who_never_took_it_is_told_that_it_went_elsewhere(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        owner = one.owner_id
        hand_on(session, one, Role.PROPERTY_STAFF, actor(session, "community_staff", 2))
        event_id = session.scalars(
            select(OutboxMessage.event_id).where(OutboxMessage.template == "task_handed_on")
        ).one()
        assert told(session, event_id or 0, owner) == ["task_handed_on"]
        assert assigning.follower(session, one, MORNING + HOUR) is None


def test_they_hear_when_the_deadline_passes_in_others_hands(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        first = one.owner_id
        hand_on(session, one, Role.PROPERTY_STAFF, Actor(first))
        apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + HOUR)
        ticking.tick(session, one, one.resolve_due_at)
        heard = select(OutboxMessage.person_id).where(OutboxMessage.template == "task_overdue_here")
        assert list(session.scalars(heard)).count(first) == 1


def test_who_has_left_the_post_follows_nothing_any_more(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        session.get_one(Post, one.owner_post_id).until = MORNING + 2 * HOUR
        hand_on(session, one, Role.PROPERTY_STAFF, Actor(one.owner_id))
        assert assigning.follower(session, one, MORNING + HOUR) is not None
        assert assigning.follower(session, one, MORNING + 2 * HOUR) is None


def test_a_neighbour_who_went_to_look_first_is_no_first_contact(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        head = demo_person(session, "building_head")
        apply(session, one, Action.ACCEPT, by=Actor(head), at=MORNING)
        assert one.first_contact_id is None
        apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING)
        assert one.first_contact_id == post_of(session, "grid_worker").id
