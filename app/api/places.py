"""The picker of places: estates, their buildings, and what lies within a building."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.routes import Call, Work, reads
from app.api.schemas import Given
from models.errors import NotFound
from models.places import Area, AreaKind, estates, full_name

MOST = 2000


class PlaceOut(Given):
    """地点 — one place of the tree, as it is called where it stands."""

    id: int
    name: str
    kind: str


class PlacesOut(Given):
    items: list[PlaceOut]


class PlaceWithin(PlaceOut):
    full_name: str
    items: list[PlaceOut]


@reads("/places", gives=PlacesOut)
def list_estates(call: Call) -> Work:
    """The estates to choose from."""

    def work(session: Session) -> PlacesOut:
        found = estates(session, MOST)
        return PlacesOut(
            items=[PlaceOut(id=key, name=name, kind=AreaKind.ESTATE) for key, name in found]
        )

    return work


@reads("/places/<int:area_id>", gives=PlaceWithin)
def show_place(call: Call, area_id: int) -> Work:
    """A place with what lies directly within it: buildings of an estate, units of a building."""

    def work(session: Session) -> PlaceWithin:
        area = session.get(Area, area_id)
        if area is None or area.kind == AreaKind.HOUSEHOLD:
            raise NotFound
        return PlaceWithin(
            id=area.id,
            name=area.name,
            kind=area.kind,
            full_name=full_name(session, area.id),
            items=[
                PlaceOut(id=one.id, name=one.name, kind=one.kind) for one in _inside(session, area)
            ],
        )

    return work


def _inside(session: Session, area: Area) -> list[Area]:
    """Doors are nobody's to list."""
    is_inside = (
        Area.estate_id == area.id if area.kind == AreaKind.ESTATE else Area.parent_id == area.id
    )
    kinds = (
        (AreaKind.BUILDING,) if area.kind == AreaKind.ESTATE else (AreaKind.BUILDING, AreaKind.UNIT)
    )
    found = session.scalars(select(Area).where(is_inside, Area.kind.in_(kinds)).limit(MOST)).all()
    return sorted(found, key=lambda one: (len(one.number or ""), one.number or "", one.name))
