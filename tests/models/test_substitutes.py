"""Who answers for a post when: leaves with dates, substitutes, and substitutes of substitutes."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import on_duty
from models.base import Database
from models.places import Area, AreaKind, GridKind
from models.posts import Absence, Post, Role
from tests.factories import MORNING, area, post

DAY = timedelta(days=1)
DAYS = 12


def grid(session: Session, name: str = "幸福第一网格") -> Area:
    return area(session, AreaKind.GRID, name, grid_kind=GridKind.RESIDENTIAL)


def away(
    session: Session, who: Post, first: int, last: int, instead: Post | None = None
) -> Absence:
    """On leave from the morning of one day to that of another."""
    leave = Absence(
        post_id=who.id,
        since=MORNING + first * DAY,
        until=MORNING + last * DAY,
        substitute_id=instead.id if instead else None,
    )
    session.add(leave)
    session.flush()
    return leave


def asked_on(session: Session, place: Area, day: float) -> list[int]:
    return [one.post_id for one in on_duty.holders_at(session, place.id, MORNING + day * DAY)]


def elsewhere(session: Session, count: int) -> list[Post]:
    """Grid workers of other grids, who serve this place only in somebody's stead."""
    return [
        post(session, Role.GRID_WORKER, grid(session, f"第{number}网格")) for number in range(count)
    ]


def test_a_leave_counts_from_its_first_moment_and_no_longer_than_its_last(store: Database) -> None:
    with store.writing() as session:
        place = grid(session)
        worker, [other] = post(session, Role.GRID_WORKER, place), elsewhere(session, 1)
        away(session, worker, 2, 4, other)
        asked = {day: asked_on(session, place, day) for day in (0, 1.999, 2, 3.999, 4, 9)}
    mine, theirs = [worker.id], [other.id]
    assert list(asked.values()) == [mine, mine, theirs, theirs, mine, mine]


def test_who_stands_in_serves_in_the_role_of_who_is_away(database: Database) -> None:
    with database.writing() as session:
        place = grid(session)
        worker = post(session, Role.GRID_WORKER, place)
        desk = post(session, Role.DUTY_DESK, area(session, AreaKind.DISTRICT, "云溪区"))
        away(session, worker, 0, 4, desk)
        [found] = on_duty.holders_at(session, place.id, MORNING)
    assert (found.post_id, found.person_id) == (desk.id, desk.person_id)
    assert found.role == Role.GRID_WORKER


def test_a_substitute_who_is_away_too_has_one_in_their_stead(store: Database) -> None:
    with store.writing() as session:
        place = grid(session)
        worker = post(session, Role.GRID_WORKER, place)
        second, third = elsewhere(session, 2)
        away(session, worker, 0, 9, second)
        away(session, second, 3, 5, third)
        away(session, third, 4, 5)
        asked = [asked_on(session, place, day) for day in (0, 3, 4, 5, 9)]
    assert asked == [[second.id], [third.id], [], [second.id], [worker.id]]


def test_two_who_stand_in_for_each_other_are_both_away(database: Database) -> None:
    with database.writing() as session:
        place = grid(session)
        worker, [other] = post(session, Role.GRID_WORKER, place), elsewhere(session, 1)
        away(session, worker, 0, 6, other)
        away(session, other, 2, 4, worker)
        away(session, other, 5, 8, other)
        asked = [asked_on(session, place, day) for day in (1, 2, 4, 5, 6)]
    assert asked == [[other.id], [], [other.id], [], [worker.id]]


def test_a_substitute_whose_own_post_ends_stands_in_no_longer(database: Database) -> None:
    with database.writing() as session:
        place = grid(session)
        worker, [other] = post(session, Role.GRID_WORKER, place), elsewhere(session, 1)
        away(session, worker, 0, 6, other)
        other.since, other.until = MORNING + DAY, MORNING + 3 * DAY
        session.flush()
        asked = [asked_on(session, place, day) for day in (0, 1, 3, 6)]
    assert asked == [[], [other.id], [], [worker.id]]


def test_of_two_leaves_at_once_the_earlier_counts_until_it_ends(database: Database) -> None:
    with database.writing() as session:
        place = grid(session)
        worker = post(session, Role.GRID_WORKER, place)
        second, third = elsewhere(session, 2)
        away(session, worker, 0, 4, second)
        away(session, worker, 2, 6, third)
        asked = [asked_on(session, place, day) for day in (1, 3, 5, 6)]
    assert asked == [[second.id], [second.id], [third.id], [worker.id]]


Leaves = list[tuple[int, int, int, int | None]]
days = st.integers(0, DAYS - 1)
leaves = st.lists(
    st.tuples(st.integers(0, 3), days, st.integers(1, DAYS), st.none() | st.integers(0, 3)),
    max_size=8,
)


@given(drawn=leaves, ends=st.integers(1, DAYS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_day_asks_whom_a_plain_reading_of_the_leaves_asks(
    database: Database, drawn: Leaves, ends: int
) -> None:
    kept = _apart(drawn)
    with database.writing() as session:
        for table in (Absence, Post):
            session.execute(delete(table))
        place = grid(session)
        posts = [post(session, Role.GRID_WORKER, place), *elsewhere(session, 3)]
        posts[3].until = MORNING + ends * DAY
        for who, first, last, instead in kept:
            away(session, posts[who], first, last, None if instead is None else posts[instead])
        for day in range(DAYS):
            expected = _plainly(kept, 0, day, ends, ())
            found = [] if expected is None else [posts[expected].id]
            assert asked_on(session, place, day) == found


def _apart(drawn: Leaves) -> Leaves:
    """Leaves of one post that do not meet: for those that do, a test of their own speaks."""
    kept: Leaves = []
    for who, first, last, instead in sorted(drawn, key=lambda one: one[:2]):
        before = [one for one in kept if one[0] == who]
        if first < last and (not before or before[-1][2] <= first):
            kept.append((who, first, last, instead))
    assert all(a[2] <= b[1] for a, b in pairwise(kept) if a[0] == b[0])
    return kept


def _plainly(kept: Leaves, who: int, day: int, ends: int, passed: tuple[int, ...]) -> int | None:
    if who in passed or (who == 3 and day >= ends):
        return None
    for one, first, last, instead in kept:
        if one == who and first <= day < last:
            return None if instead is None else _plainly(kept, instead, day, ends, (*passed, who))
    return who
