"""Who is sent the digests and reports of an area, by chat, and which group robots post them."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from models.errors import DomainError, NotFound
from models.metrics import sight
from models.places import Area
from models.reports import readers, robots
from models.reports.robots import GroupRobot
from models.reports.table import Edition, Wish


@page("/reports/readers")
def report_readers(desk: Desk) -> Any:
    return _shown(desk, request.args.get("area", ""))


@page("/reports/readers/<int:area_id>", "POST")
def report_reader(desk: Desk, area_id: int) -> Any:
    """What one person is sent, as ticked; only what changes is said."""
    who = number_in(request.form.get("person", "")) or 0
    ticked = _editions()
    with desk.writing() as session:
        area = _area(session, desk, area_id)
        sent = readers.all_readers(session, area, desk.now)
        for edition, those in sent.items():
            if (edition in ticked) != (who in those):
                wish = Wish.WANTED if edition in ticked else Wish.STOPPED
                by = desk.staff.person_id
                readers.say(session, area_id, who, edition, wish, by=by, at=desk.now)
    return redirect(url_for("console.report_readers", area=area_id))


@page("/reports/robots/<int:area_id>", "POST")
def robot_add(desk: Desk, area_id: int) -> Any:
    name, address = request.form.get("name", ""), request.form.get("address", "")
    by, ticked = desk.staff.person_id, _editions()
    try:
        with desk.writing() as session:
            _area(session, desk, area_id)
            robots.add(session, area_id, name, address, ticked, by=by, at=desk.now)
    except DomainError as refusal:
        return _shown(desk, str(area_id), words_of(refusal), name), status_of(refusal)
    return redirect(url_for("console.report_readers", area=area_id))


@page("/reports/robots/<int:robot_id>/end", "POST")
def robot_end(desk: Desk, robot_id: int) -> Any:
    with desk.writing() as session:
        robots.end(session, robot_id, by=desk.staff.person_id, at=desk.now)
        area_id = session.get_one(GroupRobot, robot_id).area_id
    return redirect(url_for("console.report_readers", area=area_id))


def _shown(desk: Desk, asked: str, problem: str = "", name: str = "") -> str:
    with desk.reading() as session:
        mine = sight.supervised(session, desk.staff.person_id, desk.now)
        areas = readers.inside(session, mine)
        if not areas:
            raise NotFound("supervises no area")
        area = _area(session, desk, number_in(asked) or 0) if asked else areas[0]
        decides = readers.may_decide(session, area, desk.staff.person_id, desk.now)
        return render(
            "report_readers.html",
            areas=areas,
            area=area,
            editions=readers.editions(area),
            people=readers.candidates(session, area, desk.now),
            decides=decides,
            robots=robots.of_area(session, area.id) if decides else [],
            problem=problem,
            name=name,
        )


def _area(session: Session, desk: Desk, area_id: int) -> Area:
    mine = sight.supervised(session, desk.staff.person_id, desk.now)
    return sight.area_seen(session, mine, area_id)


def _editions() -> Sequence[Edition]:
    return [Edition(one) for one in request.form.getlist("editions") if one in list(Edition)]
