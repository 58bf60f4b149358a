"""The publicity calendar at a desk: what is due, with a draft to begin from, and what is late."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render
from models.errors import NotFound
from models.localtime import local
from models.notices.desk import Sight, sight_of
from models.notices.flow import AUTHORS
from models.notices.rights import roles_of
from models.places import AreaWithin
from models.publicity import dues
from models.publicity.calendar import entries
from models.publicity.table import PublicityDue

MOST = 200


@page("/publicity")
def publicity(desk: Desk) -> Any:
    today = local(desk.now).date()
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        late = [dues.is_late(today)] if request.args.get("late") else []
        found = dues.open_within(session, sight.everywhere, MOST, *late)
        return render(
            "publicity.html",
            dues=found,
            begun=dues.begun_notices(session, [due for due, _ in found]),
            may_begin=_to_begin(session, sight, [due for due, _ in found]),
            entries=entries(),
            are_late=bool(late),
            today=today,
            done=request.args.get("done", ""),
        )


@page("/publicity/<int:due_id>", "POST")
def publicity_act(desk: Desk, due_id: int) -> Any:
    """Begins the draft and goes to it, or says that it is not needed this time."""
    by = desk.staff.person_id
    with desk.writing() as session:
        due = _due_in(session, desk, due_id)
        if request.form.get("action") == "drop":
            dues.drop(session, due, by=by, at=desk.now)
            return redirect(url_for("console.publicity", done="drop"))
        number = dues.begin(session, due, by=by, at=desk.now).id
    return redirect(url_for("console.notice_edit", number=number))


def _to_begin(session: Session, sight: Sight, found: Sequence[PublicityDue]) -> set[int]:
    """Those of which this person may write the notice; asked of all at once."""
    rows = session.execute(
        select(AreaWithin.area_id, AreaWithin.outer_id).where(
            AreaWithin.area_id.in_({due.area_id for due in found}),
            AreaWithin.outer_id.in_(sight.everywhere),
        )
    )
    around: dict[int, set[int]] = {}
    for area_id, outer_id in rows:
        around.setdefault(area_id, set()).add(outer_id)
    return {
        due.id
        for due in found
        if sight.places(roles_of(AUTHORS, due.kind)) & around.get(due.area_id, set())
    }


def _due_in(session: Session, desk: Desk, due_id: int) -> PublicityDue:
    places = sight_of(session, desk.staff.person_id, desk.now).everywhere
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))
    due = session.scalars(
        select(PublicityDue).where(PublicityDue.id == due_id, PublicityDue.area_id.in_(inside))
    ).first()
    if due is None:
        raise NotFound(number=f"#{due_id}")
    return due
