"""Fills the demo subdistrict of config/demo.toml.

The openids are demo-<role>-<n>. demo-building_head-1 is the head of building 3 of the first
estate, where demo-resident-1 lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.demo_directory import fill_directory
from config.policy import load
from models import dispatch, homes, on_duty
from models.accounts import MAIN
from models.companies import ServiceContract, company_named
from models.errors import AlreadyDone
from models.homes import Home, HomeState
from models.people import Identity, Person
from models.places import Area, AreaKind, GridKind, add_area, root_area_id
from models.posts import Absence, Post, Role
from models.sealing import new_own_key

Row = Mapping[str, Any]


@dataclass
class _Filling:
    """What is under way: the areas and posts made so far, by name."""

    session: Session
    now: datetime
    areas: dict[str, Area] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)


def fill(session: Session, now: datetime) -> None:
    """Areas, posts, people and homes of the demo; refuses a house where somebody lives."""
    if root_area_id(session) is not None:
        raise AlreadyDone("there are areas already; the demo needs an empty database")
    demo = load("demo")
    filling = _Filling(session, now)
    _areas(filling, demo)
    _companies(filling, demo)
    for role, rows in demo["posts"].items():
        for count, row in enumerate(rows, 1):
            _post(filling, Role(role), count, row)
    session.flush()
    for row in demo["absence"]:
        _absence(filling, row)
    for count, row in enumerate(demo["resident"], 1):
        _resident(filling, count, row)
    session.flush()
    fill_directory(session, filling.areas, filling.posts, now)


def _areas(filling: _Filling, demo: Row) -> None:
    session, areas = filling.session, filling.areas
    district = add_area(session, AreaKind.DISTRICT, demo["district"])
    subdistrict = add_area(session, AreaKind.SUBDISTRICT, demo["subdistrict"], within=[district])
    areas.update({district.name: district, subdistrict.name: subdistrict})
    for row in demo["community"]:
        areas[row["name"]] = add_area(
            session, AreaKind.COMMUNITY, row["name"], within=[subdistrict]
        )
    for row in demo["estate"]:
        areas[row["name"]] = add_area(
            session,
            AreaKind.ESTATE,
            row["name"],
            within=[areas[row["community"]]],
            nicknames=row["nicknames"],
        )
    for row in demo["grid"]:
        areas[row["name"]] = add_area(
            session,
            AreaKind.GRID,
            row["name"],
            within=[areas[row["community"]]],
            grid_kind=GridKind(row["kind"]),
        )
    for row in demo["buildings"]:
        for number in row["numbers"]:
            _building(filling, demo, row, number)


def _companies(filling: _Filling, demo: Row) -> None:
    """Their contracts were signed long ago: no events of today."""
    for row in demo["company"]:
        company = company_named(filling.session, row["name"])
        for contract in row["contracts"]:
            filling.session.add(
                ServiceContract(
                    company_id=company.id,
                    estate_id=filling.areas[contract["estate"]].id,
                    starts_on=contract["starts_on"],
                    ends_on=contract.get("ends_on"),
                )
            )


def _building(filling: _Filling, demo: Row, row: Row, number: int) -> None:
    """A building in its estate (where it has one) and grid, with its units and QR scene."""
    outer = [row[key] for key in ("estate", "grid") if key in row]
    scene = 1 + sum(area.kind == AreaKind.BUILDING for area in filling.areas.values())
    building = add_area(
        filling.session,
        AreaKind.BUILDING,
        demo["building_name"].format(number),
        within=[filling.areas[name] for name in outer],
        number=str(number),
        scene=f"b{scene}",
        households=row["households"],
    )
    path = f"{outer[0]}/{number}"
    filling.areas[path] = building
    for unit in range(1, row["units"] + 1):
        filling.areas[f"{path}/{unit}"] = add_area(
            filling.session,
            AreaKind.UNIT,
            demo["unit_name"].format(unit),
            within=[building],
            number=str(unit),
        )


def _person(filling: _Filling, role: Role, count: int, name: str) -> Person:
    session = filling.session
    person = Person(name=name, own_key=new_own_key(), created_at=filling.now)
    session.add(person)
    session.flush()
    openid = f"demo-{role}-{count}"
    session.add(Identity(account=MAIN, openid=openid, person_id=person.id, created_at=filling.now))
    return person


def _post(filling: _Filling, role: Role, count: int, row: Row) -> None:
    person = _person(filling, role, count, row["name"])
    post = Post(
        person_id=person.id,
        role=role,
        area_id=filling.areas[row["area"]].id,
        department=row.get("department"),
        duty_phone=row.get("phone"),
        since=filling.now,
    )
    filling.session.add(post)
    filling.posts[row["name"]] = post


def _absence(filling: _Filling, row: Row) -> None:
    filling.session.add(
        Absence(
            post_id=filling.posts[row["post"]].id,
            since=filling.now - timedelta(days=1),
            until=filling.now + timedelta(days=row["days"]),
            substitute_id=filling.posts[row["substitute"]].id,
        )
    )


def _resident(filling: _Filling, count: int, row: Row) -> None:
    session, now = filling.session, filling.now
    person = _person(filling, Role.RESIDENT, count, row["name"])
    if "building" not in row:
        return
    building = filling.areas[row["building"]]
    if row["state"] == HomeState.CLAIMED:
        homes.claim(session, person.id, building, row["room"], now, MAIN)
        return
    # Verified long ago: nobody is asked about it, so it is no event of today.
    holders = on_duty.holders_at(session, building.id, now)
    verifier = dispatch.holder_of(holders, homes.VERIFYING, dispatch.loads(filling.session))
    session.add(
        Home(
            person_id=person.id,
            area_id=building.id,
            room=row["room"],
            state=HomeState(row["state"]),
            claimed_at=now,
            answered_at=now,
            answered_by=verifier.person_id if verifier else None,
        )
    )
