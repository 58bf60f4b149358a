"""What is kept in memory is forgotten as soon as anybody changes what it was read from."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from models import on_duty
from models.base import Database
from models.people import Identity, Person
from models.places import Area, AreaKind
from models.posts import Post, Role
from models.reference import looked_up
from tests.factories import MORNING, area, person, post
from tests.statements import counted


def look(store: Database, reads: list[int]) -> int:
    with store.reading() as session:
        return looked_up(session, "number", lambda: reads.append(1) or len(reads))


def test_nothing_is_read_again_while_nothing_changes(store: Database) -> None:
    reads: list[int] = []
    assert [look(store, reads) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET until = since",
        "DELETE FROM posts",
        "UPDATE areas SET name = 'other'",
        "DELETE FROM area_within",
        "UPDATE persons SET name = 'other'",
    ],
)
def test_any_change_makes_it_read_again(store: Database, change: str) -> None:
    with store.writing() as session:
        post(session, Role.GRID_WORKER, area(session, AreaKind.ESTATE, "和平家园"))
    reads: list[int] = []
    look(store, reads)
    with store.writing() as session:
        session.execute(text(change))
    assert [look(store, reads) for _ in range(2)] == [2, 2]


def _by_attribute(session: Session, worker: Post) -> None:
    worker.until = MORNING


def _by_statement(session: Session, worker: Post) -> None:
    session.execute(update(Post).values(until=MORNING))


def _by_text(session: Session, worker: Post) -> None:
    session.execute(text("UPDATE posts SET until = since"))


def _by_another_post(session: Session, worker: Post) -> None:
    session.add(
        Post(person_id=worker.person_id, role=worker.role, area_id=worker.area_id, since=MORNING)
    )


@pytest.mark.parametrize("change", [_by_attribute, _by_statement, _by_text, _by_another_post])
def test_who_changes_it_reads_it_again_and_once_more_when_that_is_taken_back(
    store: Database, change: Callable[[Session, Post], None]
) -> None:
    reads: list[int] = []
    with store.writing() as session:
        post(session, Role.GRID_WORKER, area(session, AreaKind.ESTATE, "和平家园"))
    with store.writing() as session:
        worker = session.scalars(select(Post)).one()
        read = partial(looked_up, session, "number", lambda: reads.append(1) or len(reads))
        assert [read(), read()] == [1, 1]
        nested = session.begin_nested()
        change(session, worker)
        assert [read(), read()] == [2, 2]
        nested.rollback()
        assert [read(), read()] == [3, 3]
    assert look(store, reads) == 3


def test_a_block_asks_once_while_it_changes_something_else(store: Database) -> None:
    with store.writing() as session:
        worker = person(session, "居民C").id
    with store.writing() as session, counted(store) as said:
        for number in range(3):
            session.add(
                Identity(account="main", openid=f"o-{number}", person_id=worker, created_at=MORNING)
            )
            looked_up(session, "number", lambda: 1)
    assert len([one for one in said if "reference_token" in one]) == 1


def test_another_process_is_noticed_too(store: Database) -> None:
    other = Database(store.url.render_as_string(hide_password=False))
    reads: list[int] = []
    look(store, reads)
    with other.writing() as session:
        area(session, AreaKind.ESTATE, "幸福里小区")
    other.dispose()
    assert look(store, reads) == 2


def test_what_was_rolled_back_is_not_remembered(store: Database) -> None:
    with store.writing() as session:
        place = area(session, AreaKind.ESTATE, "和平家园").id
        worker = post(session, Role.GRID_WORKER, session.get_one(Area, place)).id
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        session.execute(update(Post).where(Post.id == worker).values(until=MORNING))
        assert not on_duty.holders_at(session, place, MORNING)
        raise ZeroDivisionError
    with store.writing() as session:  # a change that might meet the same number again
        area(session, AreaKind.ESTATE, "幸福里小区")
    with store.reading() as session:
        assert [one.post_id for one in on_duty.holders_at(session, place, MORNING)] == [worker]


def test_a_leave_is_seen_on_its_days_without_any_change(store: Database) -> None:
    from_day, day = MORNING + timedelta(days=1), timedelta(days=1)
    with store.writing() as session:
        place = area(session, AreaKind.ESTATE, "和平家园")
        away = post(session, Role.GRID_WORKER, place)
        stand_in = post(session, Role.GRID_LEADER, place, who=person(session, "居民B").id)
        session.execute(
            text(
                "INSERT INTO absences (post_id, since, until, substitute_id)"
                " VALUES (:post_id, :since, :until, :substitute_id)"
            ).bindparams(
                post_id=away.id, since=from_day, until=from_day + day, substitute_id=stand_in.id
            )
        )
        workers = [
            [
                one.person_id
                for one in on_duty.holders_at(session, place.id, moment)
                if one.role == Role.GRID_WORKER
            ]
            for moment in (MORNING, from_day, from_day + day, MORNING)
        ]
        assert workers == [
            [away.person_id],
            [stand_in.person_id],
            [away.person_id],
            [away.person_id],
        ]


def test_a_name_changes_what_is_read_and_a_newcomer_does_not(store: Database) -> None:
    reads: list[int] = []
    look(store, reads)
    with store.writing() as session:
        newcomer = person(session, "居民C").id
    assert look(store, reads) == 1
    with store.writing() as session:
        session.get_one(Person, newcomer).name = "居民D"
    assert look(store, reads) == 2
