"""The map of buildings 楼栋图: a tile a building, coloured by its open matters; each opens them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from config.policy import load
from models.places import Area, AreaKind, AreaWithin
from models.roster import rights, tree
from models.tickets.sight import Sight, sight_of

MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class Tile:
    """楼栋格 — one building with as many open matters as its list has."""

    area: Area
    number: int
    shade: str  # none, some, many


@dataclass(frozen=True, slots=True)
class Block:
    """一片楼 — the buildings of an estate, or of a grid where they belong to none."""

    area: Area
    tiles: tuple[Tile, ...]


@page("/map")
def house_map(desk: Desk) -> Any:
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        wider = _wider(session, sight)
        chosen = _chosen(wider, request.args.get("area", ""))
        blocks = _blocks(session, sight, chosen) if chosen else []
        steps = load("roster")["map"]
        return render("house_map.html", wider=wider, chosen=chosen, blocks=blocks, steps=steps)


def _wider(session: Session, sight: Sight) -> Sequence[Area]:
    """What one may choose: the communities somebody supervises, or the estates and grids."""
    if not sight.places:
        return []
    reach = rights.inside(sight.places)
    communities = session.scalars(
        select(Area)
        .where(Area.id.in_(reach), Area.kind == AreaKind.COMMUNITY)
        .order_by(Area.id)
        .limit(MOST_GROUPS)
    ).all()
    return communities or _areas(session, sight.places)


def _areas(session: Session, ids: Sequence[int]) -> Sequence[Area]:
    return session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.id)).all()


def _chosen(wider: Sequence[Area], asked: str) -> Area | None:
    return next((one for one in wider if str(one.id) == asked), next(iter(wider), None))


def _blocks(session: Session, sight: Sight, chosen: Area) -> list[Block]:
    """Estate by estate in the order of their names; empty ones are left out."""
    buildings = session.scalars(
        select(Area)
        .join(AreaWithin, AreaWithin.area_id == Area.id)
        .where(
            AreaWithin.outer_id == chosen.id,
            Area.kind == AreaKind.BUILDING,
            Area.id.in_(rights.inside(sight.places)),
        )
    ).all()
    owners = {one.estate_id or one.grid_id or one.parent_id for one in buildings}
    numbers = tree.open_by_building(session, sight, [one.id for one in buildings])
    outer = session.scalars(
        select(Area).where(Area.id.in_(owners)).order_by(Area.kind, Area.name)
    ).all()
    return [
        Block(
            one,
            tuple(
                _tile(building, numbers.get(building.id, 0))
                for building in sorted(buildings, key=tree.in_order)
                if (building.estate_id or building.grid_id or building.parent_id) == one.id
            ),
        )
        for one in outer
    ]


def _tile(building: Area, number: int) -> Tile:
    steps = load("roster")["map"]
    shade = "many" if number >= steps["many"] else "some" if number >= steps["some"] else "none"
    return Tile(building, number, shade)
