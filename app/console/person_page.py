"""What the page of one person shows, as far as the reader may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import may_open
from app.console.desk import Desk
from app.console.places import choices
from app.console.rendering import render
from config.policy import load
from models import homes, on_duty, staff_accounts
from models.homes import HomeState
from models.notices import audience
from models.people import Identity, Person
from models.posts import Role
from models.roster import doubles, phones, posts, rights
from models.roster import people as roll
from models.roster.people import HomeShown, PostShown, Reach
from models.roster.rights import Right
from models.sign_ins import MAY_SIGN_IN
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class Shown:
    """What this one answer says beside the page itself."""

    problem: Mapping[str, str] = field(default_factory=dict)
    phone: str | None = None
    matters: Sequence[Ticket] | None = None
    invitation: str | None = None  # a link, shown once
    join_code: str | None = None  # for the chat, shown once


def person_page(desk: Desk, person_id: int, shown: Shown | None = None) -> str:
    shown = shown or Shown()
    by = desk.staff.person_id
    with desk.reading() as session:
        reach = roll.reach_of(session, by, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        held = roll.posts_of(session, reach, [found.id])
        lives = roll.homes_of(session, reach, [found.id])
        given = posts.giveable(session, [one.post for one in held], by, desk.now)
        roles = _given_by(desk) if found.id != by else []
        may_keep_account = any(
            one.post.id in given and one.post.role in MAY_SIGN_IN and _lasts(one, desk)
            for one in held
        )
        is_in_wechat = _is_in_wechat(session, found)
        may_correct = bool(given) or keeps_register(session, desk, lives)
        return render(
            "person.html",
            person=found,
            hidden_phone=phones.hidden(found.phone),
            posts=held,
            may_end={one.post.id for one in held if one.post.id in given and _lasts(one, desk)},
            homes=lives,
            may_answer=_may_answer(session, lives, desk),
            may_correct=may_correct,
            is_in_wechat=is_in_wechat,
            may_give_code=may_correct
            and not is_in_wechat
            and may_open("join_code", desk.staff.roles)
            and all(one.post.id in given for one in held if _lasts(one, desk)),
            alike=_alike(session, reach, found, desk),
            account=staff_accounts.of_person(session, found.id) if may_keep_account else None,
            may_keep_account=may_keep_account,
            tags=audience.tags_of(session, [found.id])[found.id],
            tag_names=load("notices")["tag"],
            roles=roles,
            departments=load("labels")["department"],
            places=choices(session, reach.staff, None) if roles else [],
            shown=shown,
            given=request.form if shown.problem else {},
            done=request.args.get("done"),
            now=desk.now,
        )


def keeps_register(session: Session, desk: Desk, lives: Sequence[HomeShown]) -> bool:
    """Whether this desk keeps the register of one of the homes."""
    areas = {one.home.area_id for one in lives}
    by = desk.staff.person_id
    return any(rights.may(session, Right.REGISTER, one, by, desk.now) for one in areas)


def _alike(session: Session, reach: Reach, person: Person, desk: Desk) -> list[Person]:
    """Who may be the same human being."""
    if not may_open("double", desk.staff.roles):
        return []
    pairs = doubles.waiting(session, reach.residents, person.id)
    return [one for pair in pairs for one in (pair.entered, pair.writing) if one.id != person.id]


def _given_by(desk: Desk) -> list[Role]:
    given = posts.given_by([one.role for one in desk.staff.posts])
    return [one for one in Role if one in given]


def _lasts(one: PostShown, desk: Desk) -> bool:
    return one.post.until is None or one.post.until > desk.now


def _may_answer(session: Session, lives: Sequence[HomeShown], desk: Desk) -> set[int]:
    by = desk.staff.person_id
    return {
        one.home.id
        for one in lives
        if one.home.state == HomeState.CLAIMED
        and one.home.person_id != by
        and any(
            holder.person_id == by and holder.role in homes.VERIFYING
            for holder in on_duty.holders_at(session, one.home.area_id, desk.now)
        )
    }


def _is_in_wechat(session: Session, person: Person) -> bool:
    found = select(Identity.id).where(
        Identity.person_id == person.id, Identity.is_following.is_(True)
    )
    return session.scalar(found.limit(1)) is not None
