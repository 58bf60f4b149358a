"""A home is claimed by who lives there and verified by who knows the building."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import homes
from models.base import Database
from models.errors import AlreadyDone, NotAllowed, NotFound, TooManyHomes
from models.events import Event
from models.homes import Home, HomeState
from models.outbox import OutboxMessage
from models.posts import Post
from models.tickets import supporting
from models.tickets.table import Supporter
from tests.factories import MORNING, building, demo_person, person, post_of, ticket, town

HOUR = timedelta(hours=1)
HEAD, NEWCOMER = ("building_head", 1), ("resident", 4)


def claim(session: Session, number: int = 3, room: str | None = "1单元501") -> Home:
    who = demo_person(session, *NEWCOMER)
    return homes.claim(session, who, building(session, number), room, MORNING, "main")


def answer(session: Session, home: Home, by: int, *, is_neighbour: bool = True) -> None:
    homes.answer(session, home, is_neighbour=is_neighbour, by=by, at=MORNING + HOUR, account="main")


def messages(session: Session, template: str) -> list[int | None]:
    return list(
        session.scalars(
            select(OutboxMessage.person_id)
            .where(OutboxMessage.template == template)
            .order_by(OutboxMessage.id)
        )
    )


def test_the_head_of_the_building_is_asked_and_verifies(store: Database) -> None:
    town(store)
    with store.writing() as session:
        head = demo_person(session, *HEAD)
        home = claim(session)
        assert (home.state, home.asked_id) == (HomeState.CLAIMED, head)
        assert homes.waiting_for(session, head) == [home]
        assert messages(session, "home_claimed")[-1] == head
        answer(session, home, head)
        assert (home.state, home.answered_by) == (HomeState.VERIFIED, head)
        assert homes.waiting_for(session, head) == []
        assert messages(session, "home_verified") == [home.person_id]


def test_a_refused_home_is_no_home_and_the_resident_is_told(store: Database) -> None:
    town(store)
    with store.writing() as session:
        home = claim(session)
        answer(session, home, demo_person(session, *HEAD), is_neighbour=False)
        assert home.state == HomeState.REFUSED
        assert homes.current_home(session, home.person_id) is None
        assert messages(session, "home_refused") == [home.person_id]
        assert claim(session).state == HomeState.CLAIMED


def test_without_a_building_head_the_grid_worker_is_asked(database: Database) -> None:
    town(database)
    with database.writing() as session:
        assert claim(session, 4).asked_id == demo_person(session, "grid_worker")


@pytest.mark.parametrize(
    "who", [("grid_worker", 1), ("grid_leader", 1), ("community_staff", 1), ("community_staff", 2)]
)
def test_staff_of_the_place_may_verify_in_the_heads_stead(
    database: Database, who: tuple[str, int]
) -> None:
    town(database)
    with database.writing() as session:
        home = claim(session)
        answer(session, home, demo_person(session, *who))
        assert home.state == HomeState.VERIFIED


@pytest.mark.parametrize(
    "who",
    [
        ("resident", 1),
        ("building_head", 2),
        ("grid_worker", 2),
        ("community_staff", 3),
        ("property_staff", 1),
        ("volunteer", 1),
        ("committee_member", 1),
    ],
)
def test_nobody_else_may_verify(database: Database, who: tuple[str, int]) -> None:
    town(database)
    with database.writing() as session:
        home = claim(session)
        with pytest.raises(NotAllowed):
            answer(session, home, demo_person(session, *who))
        assert home.state == HomeState.CLAIMED


def test_nobody_verifies_their_own_home(database: Database) -> None:
    town(database)
    with database.writing() as session:
        head = demo_person(session, *HEAD)
        home = homes.claim(session, head, building(session), None, MORNING, "main")
        assert home.asked_id == demo_person(session, "grid_worker")
        with pytest.raises(NotAllowed):
            answer(session, home, head)


def test_who_no_longer_holds_the_post_no_longer_verifies(database: Database) -> None:
    town(database)
    with database.writing() as session:
        home = claim(session)
        held = post_of(session, *HEAD)
        session.execute(update(Post).where(Post.id == held.id).values(until=MORNING))
        with pytest.raises(NotAllowed):
            answer(session, home, held.person_id)


def test_a_claim_is_answered_once(store: Database) -> None:
    town(store)
    with store.writing() as session:
        home, head = claim(session), demo_person(session, *HEAD)
        answer(session, home, head)
        with pytest.raises(AlreadyDone):
            answer(session, home, head, is_neighbour=False)
        assert home.state == HomeState.VERIFIED


def move(session: Session, home: Home, number: int, room: str | None = None) -> Home:
    return homes.move(session, home, building(session, number), room, MORNING, "main")


def test_moving_leaves_the_old_home_and_asks_anew(store: Database) -> None:
    town(store)
    with store.writing() as session:
        old = claim(session)
        answer(session, old, demo_person(session, *HEAD))
        new = move(session, old, 1)
        assert (old.state, new.state) == (HomeState.LEFT, HomeState.CLAIMED)
        assert homes.current_home(session, new.person_id) == new
        assert new.asked_id == demo_person(session, "building_head", 2)


@pytest.mark.parametrize("room", ["1单元501", None])
def test_saying_the_same_again_keeps_what_was_verified(
    database: Database, room: str | None
) -> None:
    town(database)
    with database.writing() as session:
        home = claim(session)
        answer(session, home, demo_person(session, *HEAD))
        asked = len(messages(session, "home_claimed"))
        assert claim(session, room=room) == home
        assert home.state == HomeState.VERIFIED
        assert len(messages(session, "home_claimed")) == asked


def test_another_room_is_another_home(database: Database) -> None:
    town(database)
    with database.writing() as session:
        first = claim(session)
        second = claim(session, room="2单元101")
        assert homes.homes_of(session, first.person_id) == [first, second]
        assert move(session, first, 3, "3单元101").is_usual
        assert first.state == HomeState.LEFT


def test_each_of_several_homes_is_verified_by_its_own_head(store: Database) -> None:
    town(store)
    with store.writing() as session:
        first, second = claim(session), claim(session, 1)
        answer(session, second, demo_person(session, "building_head", 2))
        assert [one.state for one in (first, second)] == [HomeState.CLAIMED, HomeState.VERIFIED]
        with pytest.raises(NotAllowed):
            answer(session, first, demo_person(session, "building_head", 2))


def test_the_first_home_is_the_usual_until_another_is_chosen(store: Database) -> None:
    town(store)
    with store.writing() as session:
        first, second = claim(session), claim(session, 1)
        assert homes.current_home(session, first.person_id) == first
        homes.choose_usual(session, second, MORNING, "main")
        assert homes.homes_of(session, first.person_id) == [second, first]
        assert (second.chosen_at, first.is_usual) == (MORNING, False)


def test_of_who_leaves_the_usual_home_a_verified_one_becomes_it(store: Database) -> None:
    town(store)
    with store.writing() as session:
        first, second, third = claim(session), claim(session, 1), claim(session, 2)
        answer(session, third, demo_person(session, "grid_leader"))
        homes.leave(session, first, MORNING, "main")
        assert homes.homes_of(session, first.person_id) == [third, second]
        homes.leave(session, third, MORNING, "main")
        homes.leave(session, second, MORNING, "main")
        assert homes.current_home(session, first.person_id) is None
        with pytest.raises(AlreadyDone):
            homes.leave(session, second, MORNING, "main")
        with pytest.raises(NotFound):
            homes.choose_usual(session, second, MORNING, "main")


def test_a_refused_home_is_no_longer_the_usual(database: Database) -> None:
    town(database)
    with database.writing() as session:
        first, second = claim(session), claim(session, 1)
        answer(session, first, demo_person(session, *HEAD), is_neighbour=False)
        assert homes.homes_of(session, first.person_id) == [second]
        assert second.is_usual and not first.is_usual


def test_nobody_reaches_the_homes_of_another(database: Database) -> None:
    town(database)
    with database.writing() as session:
        home = claim(session)
        assert homes.find_own(session, home.id, home.person_id) == home
        with pytest.raises(NotFound):
            homes.find_own(session, home.id, demo_person(session, "resident", 1))


def test_more_homes_than_a_digit_can_choose_from_are_not_kept(database: Database) -> None:
    town(database)
    with database.writing() as session:
        for floor in range(homes.MOST):
            claim(session, room=f"{floor + 1}01")
        with pytest.raises(TooManyHomes):
            claim(session, 1)


def test_a_neighbour_with_two_homes_counts_by_the_door_of_the_place(database: Database) -> None:
    town(database)
    with database.writing() as session:
        here, there = building(session, 3), building(session, 1)
        who, spouse = demo_person(session, *NEWCOMER), person(session).id
        for one, where in ((who, there), (who, here), (spouse, here)):
            homes.claim(session, one, where, "2-501", MORNING, "main")
        matter = ticket(session, here, reporter=spouse)
        session.add(Supporter(ticket_id=matter.id, person_id=who, joined_at=MORNING))
        session.flush()
        supporting.settle(session, matter.id, MORNING)
        assert matter.households == 1


def test_the_room_lies_sealed_in_the_store_and_in_no_event(store: Database) -> None:
    town(store)
    with store.writing() as session:
        home = claim(session, room="1单元501")
        session.flush()
        raw = session.execute(text("SELECT room FROM homes WHERE id = :id"), {"id": home.id})
        assert b"501" not in bytes(raw.scalar_one())
        session.expire(home)
        assert home.room == "1单元501"
        for event in session.scalars(select(Event).where(Event.subject_kind == "home")):
            assert "501" not in str(event.detail)


def test_nobody_has_two_usual_homes_at_once(store: Database) -> None:
    town(store)
    with pytest.raises(IntegrityError), store.writing() as session:
        home = claim(session)
        session.add(
            Home(
                person_id=home.person_id,
                area_id=home.area_id,
                state=HomeState.CLAIMED,
                claimed_at=MORNING,
            )
        )


def test_an_unknown_home_is_not_found(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        homes.find(session, 404)
