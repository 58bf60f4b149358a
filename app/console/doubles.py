"""Somebody on the roll and somebody who writes: the second look at both, and the answer."""

from typing import Any

from flask import redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.person_page import Shown, person_page
from app.console.rendering import render, status_of, words_of
from models.errors import DomainError, NotFound
from models.roster import doubles as pairs
from models.roster import join_codes, joining, phones
from models.roster import people as roll


class AnswerUnfit(DomainError):
    """Neither answer was chosen, or the one that can not be taken back without the tick."""

    template = "double_unsure"


@page("/people/doubles")
def doubles(desk: Desk) -> Any:
    with desk.reading() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        waiting = pairs.waiting(session, reach.residents)
        ids = [one.id for pair in waiting for one in (pair.entered, pair.writing)]
        homes = {one.home.person_id: one for one in roll.homes_of(session, reach, ids)}
        return render("doubles.html", pairs=waiting, homes=homes)


@page("/people/<int:person_id>/same/<int:other_id>")
def double(desk: Desk, person_id: int, other_id: int) -> Any:
    return _second_look(desk, person_id, other_id)


@page("/people/<int:person_id>/same/<int:other_id>", "POST")
def double_answer(desk: Desk, person_id: int, other_id: int) -> Any:
    answer, by = request.form.get("answer"), desk.staff.person_id
    try:
        if answer not in ("same", "apart") or (answer == "same" and not request.form.get("sure")):
            raise AnswerUnfit
        with desk.writing() as session:
            reach = roll.reach_of(session, by, desk.now)
            pair = pairs.find(session, reach.residents, person_id, other_id)
            if answer == "same":
                person_id = joining.join(session, pair, by=by, at=desk.now).id
            else:
                joining.tell_apart(session, pair, by=by, at=desk.now)
    except NotFound:
        raise
    except DomainError as refusal:
        return _second_look(desk, person_id, other_id, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.person", person_id=person_id, done=answer))


@page("/people/<int:person_id>/join-code", "POST")
def join_code(desk: Desk, person_id: int) -> Any:
    """The code is on this one page and nowhere else."""
    by = desk.staff.person_id
    with desk.writing() as session:
        reach = roll.reach_of(session, by, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        code = join_codes.give(session, found.id, by=by, at=desk.now)
    return person_page(desk, person_id, Shown(join_code=code))


def _second_look(desk: Desk, person_id: int, other_id: int, problem: str | None = None) -> str:
    with desk.reading() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        pair = pairs.find(session, reach.residents, person_id, other_id)
        return render(
            "double.html",
            person_id=person_id,
            other_id=other_id,
            sides=(pair.entered, pair.writing),
            phones=[phones.hidden(one.phone) for one in (pair.entered, pair.writing)],
            posts=roll.posts_of(session, reach, pair.ids),
            homes=roll.homes_of(session, reach, pair.ids),
            may_answer=joining.may_answer(session, pair, desk.staff.person_id, desk.now),
            problem=problem,
        )
