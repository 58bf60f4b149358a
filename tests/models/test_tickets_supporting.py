"""Who stands behind whom stays true whatever is joined, merged, undone and taken apart."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import homes, union
from models.base import Base, Database
from models.errors import DomainError, NotAllowed, NotFound
from models.people import Identity
from models.ticket_flow import Action, State
from models.tickets import supporting, twins
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Note, Supporter, Ticket
from tests.factories import MORNING, actor, building, demo_person, person, ticket, town

HOUR = timedelta(hours=1)
REPORTS = 5
STEPS = ("join", "merge", "undo_own", "undo_staff", "unmerge", "withdraw", "resolve")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('joined') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    town(store)
    yield store
    store.dispose()


class _Enough(Exception):
    """The story is over; nothing of it is kept."""


moves = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, REPORTS - 1),
        st.integers(0, REPORTS - 1),
        st.sampled_from((1, 4, 12)),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=moves)
def test_nobody_is_lost_doubled_or_turned_in_a_circle(
    filled: Database, moves: list[tuple[str, int, int, int]]
) -> None:
    with pytest.raises(_Enough), filled.writing() as session:
        place, staff = building(session), actor(session, "community_staff", 2)
        # Two of the five are by one person, as when somebody reports again.
        authors = [person(session).id for _ in range(REPORTS - 1)]
        authors.append(authors[0])
        reports = [
            ticket(session, place, reporter=author, text=f"第{number}次反映")
            for number, author in enumerate(authors)
        ]
        now = MORNING
        for step, one, other, minutes in moves:
            now += timedelta(minutes=minutes)
            _attempt(session, step, reports[one], reports[other], staff, now)
            _check(session, reports)
        raise _Enough


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rooms=st.lists(st.sampled_from([None, "501", "5 01室", "1-501"]), min_size=1, max_size=6),
    leaves_at=st.none() | st.integers(0, 5),
)
def test_who_stands_behind_a_matter_is_counted_as_if_all_were_counted_anew(
    filled: Database, rooms: list[str | None], leaves_at: int | None
) -> None:
    """With a door that others have, one of their own, or none that is known; nobody twice."""
    with pytest.raises(_Enough), filled.writing() as session:
        place = building(session)
        one = ticket(session, place, reporter=person(session).id)
        for number, room in enumerate(rooms):
            who = person(session).id
            if room is not None:
                homes.claim(session, who, place, room, MORNING, "main")
            if number == leaves_at:
                one.reporter_left_at = MORNING
            for _ in range(2):
                supporting.stand_behind(session, one, who, MORNING)
            counted = one.households
            supporting.settle(session, one.id, MORNING)
            assert one.households == counted
        raise _Enough


def _attempt(
    session: Session, step: str, one: Ticket, other: Ticket, staff: Actor, now: datetime
) -> None:
    own = Actor(one.reporter_id)
    by, action, given = {
        "join": (own, Action.MERGE, {"into": other}),
        "merge": (staff, Action.MERGE, {"into": other, "reason": "同一件事"}),
        "undo_own": (own, Action.UNDO, {}),
        "undo_staff": (staff, Action.UNDO, {}),
        "unmerge": (staff, Action.UNMERGE, {}),
        "withdraw": (own, Action.WITHDRAW, {}),
        "resolve": (staff, Action.ESCALATE, {"reason": "久拖不决"}),
    }[step]
    try:
        with session.begin_nested():
            apply(session, one, action, by=by, at=now, **given)
    except DomainError:
        session.expire_all()


def _check(session: Session, reports: list[Ticket]) -> None:
    for one in reports:
        session.refresh(one)
        assert one.text is not None  # nobody loses what they said
        assert (one.state == State.MERGED) == (one.merged_into is not None)
        seen = {one.id}
        above = one
        while above.merged_into is not None:
            above = session.get_one(Ticket, above.merged_into)
            assert above.id not in seen
            seen.add(above.id)
        _check_supporters(session, one)


def _check_supporters(session: Session, one: Ticket) -> None:
    rows = session.scalars(select(Supporter).where(Supporter.ticket_id == one.id)).all()
    people = [row.person_id for row in rows]
    assert len(people) == len(set(people))
    itself = None if one.reporter_left_at else one.reporter_id
    reports = supporting.merged_under(session, one.id)
    assert set(people) == set(reports.values()) - {itself}
    assert one.households == max(1, len(set(people) | ({itself} - {None})))
    words = session.scalars(select(Note.came_with).where(Note.ticket_id == one.id)).all()
    assert sorted(word for word in words if word) == sorted(reports)


def test_a_chain_of_merges_carries_everybody_to_its_end_and_back(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place, staff = building(session), actor(session, "community_staff", 2)
        first, second, third = (
            ticket(session, place, reporter=person(session).id) for _ in range(3)
        )
        _merge(session, third, second, staff, MORNING + HOUR)
        _merge(session, second, first, staff, MORNING + 2 * HOUR)
        assert _joined(session, first) == {second.reporter_id, third.reporter_id}
        assert first.households == 3
        apply(session, third, Action.UNMERGE, by=staff, at=MORNING + 3 * HOUR)
        assert _joined(session, first) == {second.reporter_id}
        apply(session, second, Action.UNMERGE, by=staff, at=MORNING + 4 * HOUR)
        assert (_joined(session, first), first.households) == (set(), 1)


def test_undoing_a_separation_into_a_ticket_that_joined_this_one_is_refused(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff", 2)
        one, other = (ticket(session, place, reporter=person(session).id) for _ in range(2))
        _merge(session, one, other, staff, MORNING)
        apply(session, one, Action.UNMERGE, by=staff, at=MORNING + HOUR)
        _merge(session, other, one, staff, MORNING + HOUR)
        with pytest.raises(DomainError), session.begin_nested():
            apply(session, one, Action.UNDO, by=staff, at=MORNING + HOUR)
        session.expire_all()
        assert (one.merged_into, other.merged_into) == (None, one.id)


def test_a_resident_joins_only_what_they_may_know_of(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place = building(session)
        mine = ticket(session, place, reporter=person(session).id)
        mine_too = ticket(session, place, reporter=mine.reporter_id)
        elsewhere = ticket(session, building(session, 2, "和平家园"), reporter=person(session).id)
        quarrel = ticket(session, place, reporter=person(session).id, category="neighbor_dispute")
        for into in (mine_too, elsewhere, quarrel):
            with pytest.raises(NotAllowed):
                apply(
                    session, mine, Action.MERGE, by=Actor(mine.reporter_id), at=MORNING, into=into
                )
        with pytest.raises(NotFound):
            apply(session, mine, Action.MERGE, by=Actor(mine.reporter_id), at=MORNING, into=mine)
        assert mine.state == State.DISPATCHED


def test_two_identities_of_one_person_are_on_a_ticket_once(store: Database) -> None:
    """The union id tells that who joined and who reported are one."""
    town(store)
    with store.writing() as session:
        place, staff = building(session), actor(session, "community_staff", 2)
        mine = ticket(session, place)
        again = ticket(session, place, reporter=demo_person(session, "resident", 2))
        _merge(session, again, mine, staff, MORNING)
        assert mine.households == 2
        for openid in ("demo-resident-1", "demo-resident-2"):
            found = session.scalars(select(Identity).where(Identity.openid == openid)).one()
            union.learn(session, found.id, "union-1", MORNING)
        session.refresh(mine)
        assert session.scalar(select(func.count(Supporter.id))) == 0
        assert mine.households == 1


def test_the_newest_of_a_class_are_read_from_the_index_of_open_tickets(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place = building(session)
        own = ticket(session, place)
        other = ticket(session, place, reporter=person(session).id)
        ticket(session, place, reporter=person(session).id, category="parking")
        ticket(session, place, MORNING - timedelta(days=9), reporter=person(session).id)
        asked = {
            "community_id": own.community_id,
            "category": "noise",
            "person_id": own.reporter_id,
            "now": MORNING + HOUR,
        }
        found = twins.newest_of_class(session, **asked)
        assert [ticket_id for ticket_id, *_ in found] == [other.id]
        connection = session.connection()
        query = twins.NEWEST.compile(dialect=connection.dialect)
        nothing = (0,) * len(query.positiontup or ())
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", nothing)
        index = "ix_tickets_community_open (community_id=? AND category=? AND opened_at>?)"
        assert f"COVERING INDEX {index}" in str(plan.all())


def _merge(session: Session, one: Ticket, into: Ticket, by: Actor, at: datetime) -> None:
    apply(session, one, Action.MERGE, by=by, at=at, into=into, reason="同一件事")


def _joined(session: Session, one: Ticket) -> set[int]:
    return set(session.scalars(select(Supporter.person_id).where(Supporter.ticket_id == one.id)))
