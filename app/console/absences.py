"""Leave and standing in 请假代岗: the posts one may enter it for, and the form of one post."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import day_in
from app.console.rendering import render, status_of, words_of
from models import absences as leave
from models.errors import DomainError, NotFound
from models.localtime import local
from models.people import Person
from models.places import Area
from models.posts import Post
from models.roster import posts
from models.tickets.asked import number_in

MOST_POSTS = 200


@page("/absences")
def absences(desk: Desk) -> Any:
    """One's own posts first."""
    with desk.reading() as session:
        mine = leave.in_charge_of(session, desk.staff.person_id, desk.now)
        shown = [one.id for one in mine[:MOST_POSTS]]
        away = {one.post_id: one for one in leave.current(session, shown, desk.now)}
        return render(
            "absences.html",
            rows=_named(session, shown),
            away=away,
            left=len(mine) - len(shown),
            last_day=leave.last_day,
            now=desk.now,
        )


@page("/posts/<int:post_id>/absence")
def absence(desk: Desk, post_id: int) -> Any:
    return _form(desk, post_id)


@page("/posts/<int:post_id>/absence", "POST")
def absence_enter(desk: Desk, post_id: int) -> Any:
    try:
        with desk.writing() as session:
            first = day_in(request.form.get("first", "")) or local(desk.now).date()
            leave.enter(
                session,
                _post(session, desk, post_id),
                first,
                day_in(request.form.get("last", "")) or first,
                _substitute(session),
                by=desk.staff.person_id,
                at=desk.now,
            )
    except NotFound:
        raise
    except DomainError as refusal:
        return _form(desk, post_id, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.absence", post_id=post_id, done="1"))


@page("/absences/<int:absence_id>/end", "POST")
def absence_end(desk: Desk, absence_id: int) -> Any:
    with desk.writing() as session:
        found = leave.find(session, absence_id)
        post = _post(session, desk, found.post_id)
        leave.end(session, found, by=desk.staff.person_id, at=desk.now)
        post_id = post.id
    return redirect(url_for("console.absence", post_id=post_id, done="1"))


def _form(desk: Desk, post_id: int, problem: str | None = None) -> str:
    today = local(desk.now).date()
    with desk.reading() as session:
        post = _post(session, desk, post_id)
        others = leave.substitutes_for(session, post, today, today, desk.now)
        named = _named(session, [one.id for one, _ in others][:MOST_POSTS])
        return render(
            "absence.html",
            post=_named(session, [post.id])[0],
            leaves=leave.current(session, [post.id], desk.now),
            others=named,
            last_day=leave.last_day,
            problem=problem,
            given=request.form if problem else _today(today),
            done=request.args.get("done"),
        )


def _today(today: date) -> Mapping[str, str]:
    return {"first": today.isoformat()}


def _post(session: Session, desk: Desk, post_id: int) -> Post:
    """NotFound for a post that one may not enter leave for, as for one that nobody has."""
    post = posts.find(session, post_id)
    if not leave.may_enter(session, post, desk.staff.person_id, desk.now):
        raise NotFound(number=str(post_id))
    return post


def _substitute(session: Session) -> Post | None:
    wanted = number_in(request.form.get("substitute", ""))
    return None if wanted is None else posts.find(session, wanted)


def _named(session: Session, ids: list[int]) -> list[tuple[Post, str, str]]:
    """Post, place and holder, in the order of the ids."""
    estate = aliased(Area)
    rows = session.execute(
        select(Post, func.coalesce(estate.name, "") + Area.name, Person.name)
        .join(Area, Area.id == Post.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .join(Person, Person.id == Post.person_id)
        .where(Post.id.in_(ids))
    )
    found = {post.id: (post, place, name or "") for post, place, name in rows}
    return [found[one] for one in ids if one in found]
