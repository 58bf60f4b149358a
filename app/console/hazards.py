"""The hazard ledger of a desk: lists, one hazard with its steps, what patrol and grid compared."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.changing import Act, Form, Problem, acted, calling, done_in
from app.console.desk import Desk
from app.console.fields import words_in
from app.console.grouped import USUAL, grouped
from app.console.history import steps
from app.console.photos import picture
from app.console.rendering import render
from app.console.undoing import act_of, last_step
from models.errors import NotFound
from models.hazards import acting, sides, undoing
from models.hazards import desk as lists
from models.hazards.desk import Group, Sight, hazard_in, sight_of
from models.hazards.flow import FLOW, Finder, HazardAction
from models.hazards.table import Hazard
from models.hazards.telling import KIND
from models.localtime import local
from models.matchings import lists as matchings_of
from models.matchings.answering import KIND as MATCHING
from models.matchings.table import MatchingAnswer, MatchingSide
from models.media import Media
from models.tickets.asked import day_in

LONGEST_WORDS = 200
KEYS = (*USUAL, "finder", "round")


@page("/hazards")
def hazards(desk: Desk) -> Any:
    with desk.reading() as session:
        sight = _sight(session, desk)
        return render(
            "hazards.html",
            **grouped(session, lists, sight, Group.OPEN, KEYS),
            finders=list(Finder),
            places=lists.places_to_read(session, sight),
        )


@page("/hazards/<int:number>")
def hazard(desk: Desk, number: int) -> Any:
    return _page(desk, number, {})


@page("/hazards/<int:number>/act", "POST")
def hazard_act(desk: Desk, number: int) -> Any:
    return acted(
        desk,
        ACTS,
        lambda session: hazard_in(session, _sight(session, desk), number).hazard,
        page="console.hazard",
        number=number,
        shown=lambda problem: _page(desk, number, problem),
    )


@page("/hazards/<int:number>/photos/<int:photo_id>")
def hazard_photo(desk: Desk, number: int, photo_id: int) -> Any:
    with desk.reading() as session:
        found = hazard_in(session, _sight(session, desk), number).hazard
        if photo_id not in lists.photos_of(session, found):
            raise NotFound("no such photo")
        return picture(desk, session.get(Media, photo_id))


@page("/hazards/matchings")
def matchings(desk: Desk) -> Any:
    """每日对接: of each grid what the two sides were shown that day, and what they said to it."""
    today = local(desk.now).date()
    day = min(day_in(request.args.get("day", "")) or today, today)
    with desk.reading() as session:
        sight = _sight(session, desk)
        found = matchings_of.of_day(session, sight.places, day)
        ids = [one.id for one, _ in found]
        compared = (some for matching, _ in found for some in matching.lists.values())
        return render(
            "matchings.html",
            day=day,
            earlier=day - timedelta(days=1),
            later=day + timedelta(days=1) if day < today else None,
            today=today,
            matchings=found,
            answers=matchings_of.answers(session, ids),
            sides=list(MatchingSide),
            answer_kinds=list(MatchingAnswer),
            said=[one for one in steps(session, MATCHING, *ids) if one.words],
            rows=lists.rows_of(session, sight, set(chain.from_iterable(compared))),
        )


def _page(desk: Desk, number: int, problem: Problem) -> str:
    with desk.reading() as session:
        row = hazard_in(session, _sight(session, desk), number)
        held = sides.held(session, row.hazard, desk.staff.person_id, desk.now)
        return render(
            "hazard.html",
            row=row,
            hazard=row.hazard,
            buttons=[one for one in HazardAction if FLOW.can(row.hazard.state, one, held)],
            undoable=last_step(session, desk, undoing, row.hazard.id),
            photos=[] if row.hazard.ticket_id else lists.photos_of(session, row.hazard),
            steps=steps(session, KIND, row.hazard.id),
            problem=problem,
            given=request.form,
            done=done_in("hazard_done"),
            longest=LONGEST_WORDS,
        )


def _sight(session: Session, desk: Desk) -> Sight:
    return sight_of(session, desk.staff.person_id, desk.now)


def _words(form: Form) -> str:
    return words_in(form, LONGEST_WORDS)


def _solve(session: Session, desk: Desk, found: Hazard, form: Form) -> None:
    acting.solve(session, found, by=desk.staff.person_id, at=desk.now, words=_words(form))


ACTS: Mapping[str, Act] = {
    HazardAction.SOLVE: _solve,
    HazardAction.PASS_UP: calling(acting.pass_up),
    HazardAction.STRIKE: calling(acting.strike, _words),
    "undo": act_of(undoing),
}
