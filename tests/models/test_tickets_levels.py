"""The four levels: where a ticket begins, how far it goes up, and that figures may trust it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Database
from models.events import Event
from models.posts import Post, Role
from models.ticket_flow import Action, Level
from models.tickets import assigning, levels, refining, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.factories import MORNING, actor, building, ticket, town


def owner_role(session: Session, one: Ticket) -> Role:
    return session.get_one(Post, one.owner_post_id).role


@pytest.mark.parametrize(
    ("more", "level"),
    [
        ({"category": "noise"}, Level.ESTATE),
        ({"category": "parking"}, Level.ESTATE),
        ({"category": "property_fee"}, Level.COMMUNITY),
        ({"category": "noise", "about": About.PROPERTY}, Level.COMMUNITY),
        ({"category": "noise", "about": About.COMMUNITY}, Level.SUBDISTRICT),
    ],
)
def test_a_matter_begins_on_the_level_of_the_post_that_has_it(
    store: Database, more: dict[str, object], level: Level
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), **more)  # type: ignore[arg-type]
        assert one.level == level == levels.level_of(owner_role(session, one))


def test_a_matter_the_duty_desk_keeps_until_it_is_known_is_on_no_higher_level(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, None)
        assert (owner_role(session, one), one.level) == (Role.DUTY_DESK, Level.ESTATE)


def test_every_step_up_is_one_level_from_where_it_began(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="property_fee")
        while one.clock_at is not None:
            ticking.tick(session, one, one.clock_at)
        climbed = [
            (detail["from_level"], detail["to_level"])
            for detail in session.scalars(
                select(Event.detail).where(Event.verb == "ticket_escalated").order_by(Event.id)
            )
        ]
    assert climbed == [
        (Level.COMMUNITY, Level.SUBDISTRICT),
        (Level.SUBDISTRICT, Level.DEPARTMENT),
    ]


def test_a_corrected_class_takes_an_untaken_matter_to_the_level_of_its_new_post(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="property_fee")
        who = one.reporter_id
        refining.reclassify(session, one, "parking", None, by=who, at=MORNING)
        assert (owner_role(session, one), one.level) == (Role.PROPERTY_STAFF, Level.ESTATE)
        refining.reclassify(session, one, "property_fee", None, by=who, at=MORNING)
        assert (owner_role(session, one), one.level) == (Role.COMMUNITY_STAFF, Level.COMMUNITY)


def test_a_corrected_class_takes_nothing_back_that_has_gone_up(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        ticking.tick(session, one, one.accept_due_at)
        refining.reclassify(session, one, "parking", None, by=one.reporter_id, at=one.accept_due_at)
        assert (owner_role(session, one), one.level) == (Role.COMMUNITY_STAFF, Level.COMMUNITY)


def test_a_step_up_that_was_undone_no_longer_holds_the_level(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        staff = actor(session, "community_staff")
        apply(session, one, Action.ESCALATE, by=staff, at=MORNING, reason="需要社区出面")
        assert levels.raised(session, one) == Level.COMMUNITY
        apply(session, one, Action.UNDO, by=staff, at=MORNING)
        assert (one.level, levels.raised(session, one)) == (Level.ESTATE, Level.ESTATE)


def test_whom_it_is_handed_to_raises_the_level_and_never_lowers_it(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        for role in (Role.COMMUNITY_STAFF, Role.GRID_WORKER):
            choices = assigning.paid_choices(session, one, MORNING)
            holder = next(choice for choice in choices if choice.role == role)
            by = Actor(one.owner_id)
            apply(session, one, Action.TRANSFER, by=by, at=MORNING, reason="转办", holder=holder)
            assert (owner_role(session, one), one.level) == (role, Level.COMMUNITY)
