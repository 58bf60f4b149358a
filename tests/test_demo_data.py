"""The demo subdistrict holds what it promises to those who try the product."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.demo_data import fill
from config.policy import load
from models import on_duty
from models.base import Database
from models.errors import DomainError
from models.homes import Home, HomeState, current_home
from models.outbox import OutboxMessage
from models.people import Identity
from models.places import Area, AreaKind, AreaWithin, GridKind, root_area_id
from models.posts import Post, Role
from tests.factories import MORNING, area_named, building, demo_person, town


def count(session: Session, kind: AreaKind) -> int:
    return session.scalar(select(func.count()).where(Area.kind == kind)) or 0


def test_it_has_two_communities_four_estates_six_grids_and_24_buildings(store: Database) -> None:
    town(store)
    with store.reading() as session:
        counts = {kind: count(session, kind) for kind in AreaKind}
    assert counts[AreaKind.DISTRICT] == counts[AreaKind.SUBDISTRICT] == 1
    assert counts[AreaKind.COMMUNITY] == 2
    assert counts[AreaKind.ESTATE] == 4
    assert counts[AreaKind.GRID] == 6
    assert counts[AreaKind.BUILDING] == 24
    assert counts[AreaKind.UNIT] > 0


def test_an_estate_lies_in_two_grids_a_grid_over_two_estates_and_one_is_exclusive(
    database: Database,
) -> None:
    town(database)
    with database.reading() as session:
        pairs = session.execute(
            select(Area.estate_id, Area.grid_id).where(Area.kind == AreaKind.BUILDING).distinct()
        ).all()
        exclusive = session.scalars(select(Area).where(Area.grid_kind == GridKind.EXCLUSIVE)).one()
    grids_of: dict[int, set[int]] = {}
    estates_of: dict[int, set[int]] = {}
    for estate, grid in pairs:
        if estate is not None:
            grids_of.setdefault(estate, set()).add(grid)
            estates_of.setdefault(grid, set()).add(estate)
    assert any(len(grids) == 2 for grids in grids_of.values())
    assert any(len(estates) == 2 for estates in estates_of.values())
    assert (None, exclusive.id) in [tuple(pair) for pair in pairs]


def test_every_kind_of_post_is_held_and_every_department_has_a_liaison(database: Database) -> None:
    town(database)
    with database.reading() as session:
        roles = set(session.scalars(select(Post.role)))
        departments = set(
            session.scalars(select(Post.department).where(Post.department.is_not(None)))
        )
    assert roles == set(Role) - {Role.RESIDENT}
    assert departments == set(load("labels")["department"])


def test_the_first_resident_lives_in_the_first_building_heads_building(store: Database) -> None:
    town(store)
    with store.reading() as session:
        place = building(session, 3)
        home = current_home(session, demo_person(session, "resident"))
        head = demo_person(session, "building_head")
        heads = [
            one.person_id
            for one in on_duty.holders_at(session, place.id, MORNING)
            if one.role == Role.BUILDING_HEAD
        ]
    assert home is not None
    assert (home.area_id, home.state, home.answered_by) == (place.id, HomeState.VERIFIED, head)
    assert heads == [head]


def test_one_community_has_no_building_head_at_all(database: Database) -> None:
    town(database)
    with database.reading() as session:

        def heads(community: str) -> int:
            inside = select(AreaWithin.area_id).where(
                AreaWithin.outer_id == area_named(session, community).id
            )
            held = select(func.count()).where(
                Post.role == Role.BUILDING_HEAD, Post.area_id.in_(inside)
            )
            return session.scalar(held) or 0

        assert heads("幸福社区") > 0
        assert heads("和平社区") == 0


def test_an_absent_grid_worker_is_stood_in_for(database: Database) -> None:
    town(database)
    with database.reading() as session:
        holders = on_duty.holders_at(session, building(session, 7).id, MORNING)
        workers = [one.person_id for one in holders if one.role == Role.GRID_WORKER]
        assert workers == [demo_person(session, "grid_worker", 1)]


def test_every_building_has_its_own_scene(database: Database) -> None:
    town(database)
    with database.reading() as session:
        scenes = session.scalars(select(Area.scene).where(Area.kind == AreaKind.BUILDING)).all()
    assert len(set(scenes)) == 24
    assert "b12" in scenes


def test_residents_are_verified_but_one_claims_and_one_has_no_home(database: Database) -> None:
    town(database)
    with database.reading() as session:
        states = [home.state for home in session.scalars(select(Home))]
        residents = session.scalars(
            select(Identity).where(Identity.openid.like("demo-resident-%"))
        ).all()
        asked = session.scalars(select(OutboxMessage)).all()
        head = demo_person(session, "building_head", 3)
    assert len(residents) == 12
    assert states.count(HomeState.CLAIMED) == 1
    assert states.count(HomeState.VERIFIED) == 10
    assert [(one.person_id, one.template) for one in asked] == [(head, "home_claimed")]


def test_it_refuses_a_house_that_has_areas(store: Database) -> None:
    town(store)
    with pytest.raises(DomainError), store.writing() as session:
        fill(session, MORNING)
    with store.reading() as session:
        assert count(session, AreaKind.BUILDING) == 24


def test_an_empty_house_has_no_root_and_a_filled_one_has_the_district(database: Database) -> None:
    with database.reading() as session:
        assert root_area_id(session) is None
    town(database)
    with database.reading() as session:
        assert session.get_one(Area, root_area_id(session)).kind == AreaKind.DISTRICT
