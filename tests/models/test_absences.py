"""Leave is entered for oneself or by who is in charge, and somebody fit stands in."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import absences, on_duty
from models.base import Base, Database
from models.errors import AbsenceUnfit, AlreadyDone, NotAllowed, NotFound
from models.events import Event
from models.localtime import SHANGHAI
from models.outbox import OutboxMessage
from models.posts import PAID, UNPAID, Absence, Post, Role
from tests.factories import MORNING, area_named, building, demo_person, post, post_of, town

HEAD = ("building_head", 1)
TODAY, DAY = date(2026, 3, 3), timedelta(days=1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One town; what a test writes is rolled back."""
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('leave') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    town(store)
    yield store
    store.dispose()


@pytest.fixture
def session(filled: Database) -> Iterator[Session]:
    class _Enough(Exception):
        pass

    with pytest.raises(_Enough), filled.writing() as opened:
        yield opened
        raise _Enough


def enter(
    session: Session,
    who: tuple[str, int] = HEAD,
    substitute: Post | None = None,
    *,
    by: int | None = None,
    first: date = TODAY + DAY,
    days: int = 3,
) -> Absence:
    held = post_of(session, *who)
    last = first + (days - 1) * DAY
    by = by or held.person_id
    return absences.enter(session, held, first, last, substitute, by=by, at=MORNING)


def asked(session: Session, at: datetime) -> list[int]:
    """Who answers as building head of 3号楼."""
    holders = on_duty.holders_at(session, building(session).id, at)
    return [one.person_id for one in holders if one.role == Role.BUILDING_HEAD]


def told(session: Session, template: str) -> list[int | None]:
    found = select(OutboxMessage.person_id).where(OutboxMessage.template == template)
    return list(session.scalars(found))


def test_while_it_lasts_the_substitute_is_asked_and_then_the_holder_again(store: Database) -> None:
    town(store)
    with store.writing() as session:
        other = post_of(session, "building_head", 2)
        absence = enter(session, substitute=other)
        begin, end = absence.since, absence.until
        midnight = datetime(2026, 3, 4, tzinfo=SHANGHAI)
        assert (begin, end) == (midnight, midnight + 3 * DAY)
        holder = demo_person(session, *HEAD)
        assert asked(session, begin - timedelta(seconds=1)) == [holder]
        assert asked(session, begin) == [other.person_id]
        assert asked(session, end - timedelta(seconds=1)) == [other.person_id]
        assert asked(session, end) == [holder]
        assert told(session, "stand_in_asked") == [other.person_id]
        assert told(session, "leave_entered") == []
        entered = session.scalars(select(Event).where(Event.verb == "absence_entered")).one()
        assert (entered.actor_id, entered.detail["substitute"]) == (holder, other.id)


def test_back_early_the_holder_is_asked_at_once(store: Database) -> None:
    town(store)
    with store.writing() as session:
        other = post_of(session, "building_head", 2)
        absence = enter(session, substitute=other, first=TODAY)
        soon = MORNING + timedelta(hours=5)
        assert asked(session, soon) == [other.person_id]
        absences.end(session, absence, by=demo_person(session, *HEAD), at=soon)
        assert asked(session, soon) == [demo_person(session, *HEAD)]
        assert told(session, "stand_in_over") == [other.person_id]
        with pytest.raises(AlreadyDone):
            absences.end(session, absence, by=demo_person(session, *HEAD), at=soon)


def test_a_leave_called_off_before_it_began_never_was(session: Session) -> None:
    absence = enter(session)
    absences.end(session, absence, by=demo_person(session, *HEAD), at=MORNING)
    assert absences.current(session, [absence.post_id], MORNING) == []
    assert asked(session, absence.since) == [demo_person(session, *HEAD)]
    assert enter(session).id != absence.id


def test_who_was_named_may_decline_without_a_reason(session: Session) -> None:
    other = post_of(session, "building_head", 2)
    absence = enter(session, substitute=other)
    with pytest.raises(NotFound):
        absences.decline(session, absence, by=demo_person(session, "resident"), at=MORNING)
    absences.decline(session, absence, by=other.person_id, at=MORNING)
    assert asked(session, absence.since) == []
    assert told(session, "stand_in_gone") == [demo_person(session, *HEAD)]
    assert absences.stood_in_by(session, other.person_id, MORNING) == []


@pytest.mark.parametrize(
    "by", [("grid_leader", 1), ("community_staff", 1), ("subdistrict_staff", 1)]
)
def test_who_is_in_charge_enters_it_and_the_holder_hears(
    session: Session, by: tuple[str, int]
) -> None:
    enter(session, by=demo_person(session, *by))
    assert told(session, "leave_entered") == [demo_person(session, *HEAD)]


@pytest.mark.parametrize(
    "by",
    [
        ("grid_leader", 2),
        ("grid_worker", 1),
        ("building_head", 2),
        ("community_staff", 3),
        ("property_staff", 1),
        ("resident", 1),
    ],
)
def test_nobody_else_does(session: Session, by: tuple[str, int]) -> None:
    with pytest.raises(NotAllowed):
        enter(session, by=demo_person(session, *by))
    held = enter(session)
    with pytest.raises(NotAllowed):
        absences.end(session, held, by=demo_person(session, *by), at=MORNING)


def test_a_grid_leader_does_not_send_the_community_on_leave(session: Session) -> None:
    with pytest.raises(NotAllowed):
        enter(session, ("community_staff", 1), by=demo_person(session, "grid_leader"))


@pytest.mark.parametrize(
    ("first", "days"), [(TODAY - DAY, 2), (TODAY, 181), (TODAY + 400 * DAY, 1), (TODAY + DAY, 0)]
)
def test_days_that_can_not_be_are_refused(session: Session, first: date, days: int) -> None:
    with pytest.raises(AbsenceUnfit):
        enter(session, first=first, days=days)


def test_no_two_leaves_of_a_post_overlap(session: Session) -> None:
    enter(session)
    with pytest.raises(AbsenceUnfit):
        enter(session, first=TODAY + 3 * DAY)
    enter(session, first=TODAY + 4 * DAY)


@pytest.mark.parametrize(
    ("who", "substitute"),
    [
        (("grid_worker", 1), ("building_head", 1)),  # a neighbour for a paid post
        (("building_head", 1), ("property_staff", 1)),
        (("property_staff", 1), ("property_staff", 2)),  # of another estate
        (("department_liaison", 1), ("department_liaison", 2)),  # of another department
        (("community_staff", 1), ("community_staff", 3)),  # of another community
        (("building_head", 1), ("building_head", 1)),
    ],
)
def test_who_is_not_fit_does_not_stand_in(
    session: Session, who: tuple[str, int], substitute: tuple[str, int]
) -> None:
    stand_in = post_of(session, *substitute)
    offered = absences.substitutes_for(session, post_of(session, *who), TODAY, TODAY, MORNING)
    assert stand_in not in [one for one, _ in offered]
    with pytest.raises(AbsenceUnfit):
        enter(session, who, stand_in)


def test_who_leaves_the_post_meanwhile_does_not_stand_in(session: Session) -> None:
    other = post_of(session, "building_head", 2)
    other.until = MORNING + 2 * DAY
    session.flush()
    with pytest.raises(AbsenceUnfit):
        enter(session, substitute=other)


def test_the_same_role_nearby_is_offered_first(session: Session) -> None:
    head = post_of(session, *HEAD)
    offered = absences.substitutes_for(session, head, TODAY, TODAY, MORNING)
    labels = [(one.role, one.area_id) for one, _ in offered]
    assert labels[0] == (Role.BUILDING_HEAD, building(session, 1).id)
    assert labels[-1][0] == Role.GRID_WORKER


def test_in_charge_are_oneself_and_those_within_the_own_area(session: Session) -> None:
    leader = demo_person(session, "grid_leader")
    posts = absences.in_charge_of(session, leader, MORNING)
    assert posts[0].person_id == leader
    assert post_of(session, *HEAD) in posts
    assert post_of(session, "building_head", 4) not in posts
    assert absences.in_charge_of(session, demo_person(session, "resident"), MORNING) == []
    deputy = post(session, Role.GRID_LEADER, area_named(session, "幸福第一网格"))
    assert deputy not in posts


def test_the_table_lets_no_neighbour_stand_in_for_a_paid_post() -> None:
    table = load("absences")
    assert set(table["stands_in"]) == {one.value for one in Role} - {"resident"}
    for role, others in table["stands_in"].items():
        assert others[0] == role
        if Role(role) in PAID:
            assert not set(others) & UNPAID
    for entered in table["enters"].values():
        assert {Role(one) for one in entered}
