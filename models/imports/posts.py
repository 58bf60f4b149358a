"""Sheets of people with the posts they hold."""

from datetime import date

from sqlalchemy import select

from models.imports.cells import Cells, CellUnfit
from models.imports.places import NAMED
from models.imports.work import Verdict, Work
from models.localtime import local
from models.people import Person
from models.places import Area, AreaKind
from models.posts import Post, Role
from models.roster import persons, posts
from models.roster.posts import Term


def take_post(work: Work, cells: Cells) -> Verdict:
    """Who is on the roll by their phone, or holds this post under this name, is not new."""
    area = _place_of(work, cells)
    term = Term(
        role=Role(cells["role"]),
        since_on=cells.get("since") or local(work.at).date(),
        until_on=cells.get("until"),
        department=cells.get("department"),
        duty_phone=cells.get("duty_phone"),
    )
    posts.check(area, term)
    holder = _known(work, cells) or _holder_named(work, cells["name"], area, term)
    holder_id = holder.id if holder else _entered(work, cells, area, term)
    held = posts.same(work.session, holder_id, area.id, term, work.at)
    if held is None:
        posts.give(work.session, holder_id, area, term, by=work.by, at=work.at)
        return Verdict.ADDED
    return _amended(work, held, term, cells.get("until"))


def _entered(work: Work, cells: Cells, area: Area, term: Term) -> int:
    """Only by who may give the post, or they would be on the roll for nothing."""
    if not posts.may_give(work.session, term.role, area.id, work.by, work.at):
        raise CellUnfit(column="role", why="not_yours")
    return persons.enter(work.session, cells["name"], cells.get("phone"), by=work.by, at=work.at)


def _amended(work: Work, held: Post, term: Term, until: date | None) -> Verdict:
    """A public phone or a last day that the post has not yet."""
    is_new = False
    if term.duty_phone and term.duty_phone != held.duty_phone:
        posts.set_duty_phone(work.session, held, term.duty_phone, by=work.by, at=work.at)
        is_new = True
    wanted = posts.made(held.person_id, held.area_id, term, work.at).until
    if until is not None and held.until != wanted:
        posts.end(work.session, held, until, by=work.by, at=work.at)
        is_new = True
    return Verdict.CHANGED if is_new else Verdict.UNCHANGED


def _place_of(work: Work, cells: Cells) -> Area:
    area = work.places.named(cells["place"], NAMED)
    if cells.get("number"):
        area = work.places.numbered(area, AreaKind.BUILDING, cells["number"])
    if cells.get("unit"):
        area = work.places.numbered(area, AreaKind.UNIT, cells["unit"])
    return area


def _known(work: Work, cells: Cells) -> Person | None:
    phone = cells.get("phone")
    found = persons.with_phone(work.session, phone) if phone else None
    if found is not None and found.name != cells["name"]:
        raise CellUnfit(column="phone", why="other_name")
    return found


def _holder_named(work: Work, name: str, area: Area, term: Term) -> Person | None:
    return work.session.scalars(
        select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(Post.area_id == area.id, Post.role == term.role, Person.name == name)
        .order_by(Post.id.desc())
        .limit(1)
    ).first()
