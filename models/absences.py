"""Leave and standing in: who may enter it for whom, who may stand in, and its early end."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models import events
from models.claims import claim
from models.errors import AbsenceUnfit, AlreadyDone, NotAllowed, NotFound
from models.events import Fact
from models.localtime import SHANGHAI, local
from models.people import Person
from models.places import Area, AreaWithin, full_name
from models.posts import Absence, Post, Role, is_held

ONE_DAY = timedelta(days=1)


def enter(
    session: Session,
    post: Post,
    first: date,
    last: date,
    substitute: Post | None,
    *,
    by: int,
    at: datetime,
    account: str = "main",
) -> Absence:
    """请假: from the first day to the end of the last; what it brings goes to the substitute.

    Without one it goes to the next post up. Raises NotAllowed, and AbsenceUnfit for its days, for
    days that are taken already, or for who may not stand in.
    """
    if not may_enter(session, post, by, at):
        raise NotAllowed(number=name_of(session, post))
    check_days(first, last, at)
    # Two who enter leaves of one post wait for each other here.
    claim(session, post)
    since, until = max(_midnight(first), at), _midnight(last + ONE_DAY)
    if _overlapping(session, post, since, until):
        raise AbsenceUnfit(field="overlap")
    if substitute is not None and not _is_fit(session, post, substitute, since, until):
        raise AbsenceUnfit(field="substitute")
    absence = Absence(
        post_id=post.id,
        since=since,
        until=until,
        substitute_id=substitute.id if substitute else None,
    )
    session.add(absence)
    session.flush()
    _record(session, "absence_entered", absence, by, at, account)
    return absence


def end(
    session: Session, absence: Absence, *, by: int, at: datetime, account: str = "main"
) -> None:
    """销假: back before its end, or never gone at all."""
    post = session.get_one(Post, absence.post_id)
    if not may_enter(session, post, by, at):
        raise NotAllowed(number=name_of(session, post))
    if is_over(absence, at):
        raise AlreadyDone
    absence.until = max(at, absence.since)
    _record(session, "absence_ended", absence, by, at, account)


def decline(
    session: Session, absence: Absence, *, by: int, at: datetime, account: str = "main"
) -> None:
    """不代: who was named needs no reason; the post's matters go to the next one up."""
    stand_in = session.get(Post, absence.substitute_id) if absence.substitute_id else None
    if stand_in is None or stand_in.person_id != by or is_over(absence, at):
        raise NotFound
    absence.substitute_id = None
    _record(session, "absence_declined", absence, by, at, account)


def may_enter(session: Session, post: Post, by: int, at: datetime) -> bool:
    """Everybody for themselves; for others by the table of config/absences.toml."""
    if post.person_id == by:
        return True
    table = load("absences")["enters"]
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == post.area_id)
    roles = session.scalars(
        select(Post.role).where(Post.person_id == by, Post.area_id.in_(around), is_held(at))
    )
    return any(post.role in table.get(role, ()) for role in roles)


def in_charge_of(session: Session, by: int, at: datetime) -> Sequence[Post]:
    """The posts whose leave this person may enter, their own first."""
    table = load("absences")["enters"]
    mine = aliased(Post)
    rows = session.execute(
        select(Post, mine.role)
        .join(AreaWithin, AreaWithin.area_id == Post.area_id)
        .join(mine, mine.area_id == AreaWithin.outer_id)
        .where(mine.person_id == by, is_held(at), mine.since <= at, _lasts(mine, at))
        .order_by(Post.id)
    ).all()
    found = [one for one, role in rows if one.person_id == by or one.role in table.get(role, ())]
    return sorted(dict.fromkeys(found), key=lambda one: one.person_id != by)


def substitutes_for(
    session: Session, post: Post, first: date, last: date, at: datetime
) -> list[tuple[Post, str | None]]:
    """Who may stand in, with their names: those of the same role first, of them the nearest."""
    since, until = max(_midnight(first), at), _midnight(last + ONE_DAY)
    rows = session.execute(
        select(Post, Person.name, _serves_place(post), Area.estate_id)
        .join(Person, Person.id == Post.person_id)
        .join(Area, Area.id == Post.area_id)
        .where(*_fit(session, post, since, until))
        .order_by(Post.id)
    ).all()
    roles = load("absences")["stands_in"].get(post.role, ())
    estate_id = session.get_one(Area, post.area_id).estate_id
    ranked = [
        ((roles.index(one.role), not is_around, estate != estate_id, one.id), one, name)
        for one, name, is_around, estate in rows
    ]
    return [(one, name) for _, one, name in sorted(ranked, key=itemgetter(0))]


def current(session: Session, post_ids: Sequence[int], at: datetime) -> Sequence[Absence]:
    """Leaves of these posts that last or are to come, in their order."""
    return session.scalars(
        select(Absence)
        .where(Absence.post_id.in_(post_ids), *_not_over(at))
        .order_by(Absence.since, Absence.id)
    ).all()


def stood_in_by(session: Session, person_id: int, at: datetime) -> Sequence[Absence]:
    """Leaves in which this person stands in for somebody, now or to come."""
    return session.scalars(
        select(Absence)
        .join(Post, Post.id == Absence.substitute_id)
        .where(Post.person_id == person_id, *_not_over(at))
        .order_by(Absence.since, Absence.id)
    ).all()


def find(session: Session, absence_id: int) -> Absence:
    found = session.get(Absence, absence_id)
    if found is None:
        raise NotFound(number=str(absence_id))
    return found


def is_over(absence: Absence, at: datetime) -> bool:
    return absence.until <= max(at, absence.since)


def last_day(absence: Absence) -> date:
    """The last day of it, for people, who count in days."""
    return (local(absence.until) - timedelta(microseconds=1)).date()


def name_of(session: Session, post: Post) -> str:
    """Of which place it is; the role stands in words of its own."""
    return full_name(session, post.area_id)


def check_days(first: date, last: date, at: datetime) -> None:
    """Raises AbsenceUnfit for days that are past, far ahead, backwards or too many."""
    today, table = local(at).date(), load("absences")
    is_near = today <= first <= today + timedelta(days=table["ahead_days"])
    if not is_near or not first <= last < first + timedelta(days=table["longest_days"]):
        raise AbsenceUnfit(field="days", most=table["longest_days"])


def _overlapping(session: Session, post: Post, since: datetime, until: datetime) -> bool:
    found = select(Absence.id).where(
        Absence.post_id == post.id,
        Absence.since < until,
        Absence.until > since,
        Absence.until > Absence.since,
    )
    return session.scalar(found.limit(1)) is not None


def _is_fit(
    session: Session, post: Post, substitute: Post, since: datetime, until: datetime
) -> bool:
    found = select(Post.id).where(Post.id == substitute.id, *_fit(session, post, since, until))
    return session.scalar(found) is not None


def _fit(
    session: Session, post: Post, since: datetime, until: datetime
) -> Sequence[ColumnElement[bool]]:
    """Somebody else in a fitting role, of the same department, near enough, all that time."""
    table = load("absences")
    roles = [Role(one) for one in table["stands_in"].get(post.role, ())]
    near = _serves_place(post)
    area = session.get_one(Area, post.area_id)
    if post.role in table["alongside"]["roles"] and area.community_id is not None:
        inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == area.community_id)
        near = or_(near, Post.area_id.in_(inside))
    return (
        Post.person_id != post.person_id,
        Post.role.in_(roles),
        or_(Post.role != Role.DEPARTMENT_LIAISON, Post.department == post.department),
        near,
        Post.since <= since,
        or_(Post.until.is_(None), Post.until >= until),
    )


def _serves_place(post: Post) -> ColumnElement[bool]:
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == post.area_id)
    return Post.area_id.in_(around)


def _lasts(held: type[Post], at: datetime) -> ColumnElement[bool]:
    return or_(held.until.is_(None), held.until > at)


def _not_over(at: datetime) -> Sequence[ColumnElement[bool]]:
    return Absence.until > at, and_(Absence.until > Absence.since)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _record(
    session: Session, verb: str, absence: Absence, by: int, at: datetime, account: str
) -> None:
    post = session.get_one(Post, absence.post_id)
    stand_in = session.get(Post, absence.substitute_id) if absence.substitute_id else None
    holder = session.get_one(Person, post.person_id)
    context = {
        "place": name_of(session, post),
        "role": post.role,
        "department": post.department,
        "name": holder.name,
        "since": absence.since.isoformat(),
        "last": _midnight(last_day(absence)).isoformat(),
        "has_substitute": stand_in is not None,
    }
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="absence",
            subject_id=absence.id,
            at=at,
            account=account,
            actor_id=by,
            area_id=post.area_id,
            detail={
                "post": post.id,
                "substitute": absence.substitute_id,
                "since": absence.since.isoformat(),
                "until": absence.until.isoformat(),
            },
            parties={
                "holder": [post.person_id],
                "substitute": [stand_in.person_id] if stand_in else [],
            },
            context=context,
        ),
    )
