"""The area tree: one area with what lies in it, its posts and gaps; areas are added and changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models.errors import DomainError, NotFound
from models.places import Area, AreaKind, GridKind
from models.roster import areas as keeping
from models.roster import posts, rights, tree
from models.roster.areas import AreaDetails, AreaUnfit
from models.roster.rights import Right
from models.tickets.asked import number_in


@page("/areas")
def areas(desk: Desk) -> Any:
    return areas_page(desk, request.args.get("area", ""))


@page("/areas/<int:area_id>", "POST")
def area_change(desk: Desk, area_id: int) -> Any:
    def change(session: Session, area: Area) -> None:
        details = _details(area.kind, request.form)
        keeping.change(session, area, details, by=desk.staff.person_id, at=desk.now)

    return _changed(desk, area_id, "change", change)


@page("/areas/<int:area_id>/grid", "POST")
def area_move(desk: Desk, area_id: int) -> Any:
    def move(session: Session, area: Area) -> None:
        [grid] = _other_outer(session, desk, request.form.get("other", "") or "0")
        keeping.move_to_grid(session, area, grid, by=desk.staff.person_id, at=desk.now)

    return _changed(desk, area_id, "move", move)


@page("/areas/<int:area_id>/add", "POST")
def area_add(desk: Desk, area_id: int) -> Any:
    """A building of an estate is told its grid, one of a grid may be told its estate."""

    def add(session: Session, area: Area) -> None:
        kind = _kind(request.form.get("kind", ""))
        within = [area, *_other_outer(session, desk, request.form.get("other", ""))]
        within.sort(key=lambda one: tree.ORDER.index(one.kind))
        details = _details(kind, request.form)
        keeping.add(session, kind, details, within=within, by=desk.staff.person_id, at=desk.now)

    return _changed(desk, area_id, "add", add)


def _changed(desk: Desk, area_id: int, field: str, change: Any) -> Any:
    try:
        with desk.writing() as session:
            places = rights.places_of(session, Right.AREAS, desk.staff.person_id, desk.now)
            change(session, rights.area_in(session, places, area_id))
    except NotFound:
        raise
    except DomainError as refusal:
        problem = {field: words_of(refusal)}
        return areas_page(desk, str(area_id), problem), status_of(refusal)
    return redirect(url_for("console.areas", area=area_id, done=field))


def areas_page(desk: Desk, asked: str, problem: Mapping[str, str] | None = None) -> str:
    by = desk.staff.person_id
    with desk.reading() as session:
        places = rights.places_of(session, Right.STAFF, by, desk.now)
        area = _asked(session, places, asked)
        inside = tree.children(session, area) if area else _areas(session, places)
        shown = tree.branches(session, [*([area] if area else []), *inside], desk.now)
        return render(
            "areas.html",
            area=area,
            own=shown[0] if area else None,
            branches=shown[1:] if area else shown,
            path=tree.path_to(session, area, places) if area else [],
            may_change=area is not None and rights.may(session, Right.AREAS, area.id, by, desk.now),
            kinds=_kinds_within(area),
            others=_others(session, area),
            grid_kinds=list(GridKind),
            roles=posts.appointable(session, area, by, desk.now) if area else [],
            departments=load("labels")["department"],
            problem=problem or {},
            given=request.form if problem else {},
            done=request.args.get("done"),
        )


def _asked(session: Session, places: Sequence[int], asked: str) -> Area | None:
    """None stands for all the areas somebody serves, where these are several."""
    number = number_in(asked)
    if number is not None:
        return rights.area_in(session, places, number)
    return session.get_one(Area, places[0]) if len(places) == 1 else None


def _areas(session: Session, ids: Sequence[int]) -> Sequence[Area]:
    return session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.id)).all()


def _kinds_within(area: Area | None) -> list[AreaKind]:
    within = load("roster")["within"]
    return [AreaKind(kind) for kind, outer in within.items() if area and area.kind in outer]


def _others(session: Session, area: Area | None) -> Sequence[Area]:
    """For a new building: the grids beside an estate, the estates beside a grid. Of a building:
    the grids it may go to."""
    beside = {
        AreaKind.ESTATE: AreaKind.GRID,
        AreaKind.GRID: AreaKind.ESTATE,
        AreaKind.BUILDING: AreaKind.GRID,
    }
    if area is None or area.kind not in beside:
        return []
    return session.scalars(
        select(Area)
        .where(Area.community_id == area.community_id, Area.kind == beside[area.kind])
        .order_by(Area.id)
    ).all()


def _other_outer(session: Session, desk: Desk, text: str) -> list[Area]:
    if not text:
        return []
    number = number_in(text)
    if number is None:
        raise AreaUnfit(field="within")
    places = rights.places_of(session, Right.AREAS, desk.staff.person_id, desk.now)
    return [rights.area_in(session, places, number)]


def _kind(text: str) -> AreaKind:
    if text not in load("roster")["within"]:
        raise AreaUnfit(field="within")
    return AreaKind(text)


def _details(kind: AreaKind, form: Mapping[str, str]) -> AreaDetails:
    number = form.get("number", "").strip() or None if kind in keeping.NUMBERED else None
    name = form.get("name", "").strip() or keeping.usual_name(kind, number)
    grid_kind = form.get("grid_kind", "")
    households = number_in(form.get("households", "").strip() or "0")
    if households is None:
        raise AreaUnfit(field="households", most=keeping.MOST_HOUSEHOLDS)
    return AreaDetails(
        name=name,
        number=number,
        nicknames=tuple(form.get("nicknames", "").replace("，", " ").replace("、", " ").split()),
        grid_kind=GridKind(grid_kind) if kind == AreaKind.GRID and grid_kind else None,
        households=households,
    )
