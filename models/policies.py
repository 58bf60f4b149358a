"""Policies: what overrides the files of config, as versions that are never edited."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import events
from models.base import Base
from models.errors import AlreadyDone, NotAllowed, NotFound, TooLate
from models.events import Fact
from models.on_duty import NEARNESS
from models.places import Area, AreaKind, AreaWithin, outer_areas
from models.posts import Post, Role, is_held
from models.statements import Statement

AS_SHIPPED = 0  # the version before the first: the files alone
SCOPES = ("house", "area", "anywhere")
ITEM = "/"  # a subject of many documents has one name for each: wording/ticket_received


Layers = dict[int | None, dict[str, Any]]
"""What the house (None) and areas say."""


class Policy(Base):
    """政策版本 — one version of what overrides a file of config. A change is a new version."""

    __tablename__ = "policies"

    # Given by `publish`, not counted by the store: a later number is never visible before an
    # earlier one, so that who has seen the highest has seen them all.
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))  # None: the whole house
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # None: the operator
    reason: Mapped[str | None]
    reverted_from: Mapped[int | None]  # the version whose body this one has again
    at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_policies_house",
            *("name", "version"),
            unique=True,
            sqlite_where=text("area_id IS NULL"),
            postgresql_where=text("area_id IS NULL"),
        ),
        Index(
            "ix_policies_area",
            *("area_id", "name", "version"),
            unique=True,
            sqlite_where=text("area_id IS NOT NULL"),
            postgresql_where=text("area_id IS NOT NULL"),
        ),
        CheckConstraint("version > 0", name="version_counts_from_one"),
    )


def revision(session: Session) -> int:
    """The number of the latest change of any policy; every process asks for it all the time."""
    return session.scalar(select(func.max(Policy.revision))) or 0


def current(session: Session, name: str, area_id: int | None = None) -> Policy | None:
    """The version in force, or None while the files (of an area: what is around it) stand alone."""
    return session.scalars(_versions(name, area_id).limit(1)).first()


def in_force(session: Session, *subjects: str) -> Sequence[Policy]:
    """The latest version of every document of these subjects, those of areas too, by name."""
    latest = select(func.max(Policy.revision)).group_by(Policy.name, Policy.area_id)
    items = (Policy.name.startswith(subject + ITEM, autoescape=True) for subject in subjects)
    of = or_(Policy.name.in_(subjects), *items)
    found = select(Policy).where(Policy.revision.in_(latest), of)
    return session.scalars(found.order_by(Policy.name, Policy.revision)).all()


_NAME: Any = bindparam("name", required=True)
_HOUSE = Statement(
    select(Policy.body)
    .where(Policy.name == _NAME, Policy.area_id.is_(None))
    .order_by(Policy.version.desc())
    .limit(1)
)
_AROUND = Statement(
    select(Area.kind, Area.id, Policy.body)
    .join(AreaWithin, AreaWithin.outer_id == Area.id)
    .join(Policy, Policy.area_id == Area.id)
    .where(AreaWithin.area_id == bindparam("area_id", required=True), Policy.name == _NAME)
    .order_by(Policy.version)
)


def layers(session: Session, area_id: int, name: str) -> Layers:
    """What the house says now, and each area around this one that says anything, the outermost
    first. Every place that a report comes from asks for it after any change of the register."""
    house = _HOUSE.run_after_flush(session, name=name)
    rows = _AROUND.run(session, area_id=area_id, name=name)
    last = {(-NEARNESS[kind], outer): body for kind, outer, body in rows}
    found: Layers = {None: house[0][0] if house else {}}
    found.update((key[1], last[key]) for key in sorted(last))
    return found


def layers_of(session: Session, area_ids: Collection[int], name: str) -> dict[int, Layers]:
    """Area → its layers."""
    is_its = and_(Policy.area_id == Area.id, Policy.name == name)
    rows = session.execute(
        select(AreaWithin.area_id, Area.kind, Area.id, Policy.body)
        .join(AreaWithin, AreaWithin.outer_id == Area.id)
        .outerjoin(Policy, is_its)
        .where(AreaWithin.area_id.in_(area_ids))
        .order_by(Policy.version)
    ).all()
    last = {(inner, -NEARNESS[kind], outer): body or {} for inner, kind, outer, body in rows}
    house = current(session, name)
    found: dict[int, Layers] = {one: {None: house.body if house else {}} for one in area_ids}
    for inner, nearness, outer in sorted(last):
        found[inner][outer] = last[inner, nearness, outer]
    return found


def history(session: Session, name: str, area_id: int | None = None) -> Sequence[Policy]:
    """Every version, the latest first."""
    return session.scalars(_versions(name, area_id)).all()


def body_of(
    session: Session, name: str, version: int, area_id: int | None = None
) -> dict[str, Any]:
    """What that version says; the version as shipped says nothing."""
    if version == AS_SHIPPED:
        return {}
    found = session.scalars(_versions(name, area_id).where(Policy.version == version)).first()
    if found is None:
        raise NotFound(f"{name} has no version {version}")
    return found.body


def publish(
    session: Session,
    name: str,
    body: dict[str, Any],
    *,
    after: int,
    by: int | None,
    at: datetime,
    reason: str | None = None,
    reverted_from: int | None = None,
    area_id: int | None = None,
) -> Policy:
    """A new version, made while looking at the version `after`; refused if that is not the last."""
    if by is not None and not may_edit(session, name, by, at, area_id):
        raise NotAllowed
    last = current(session, name, area_id)
    if (last.version if last else AS_SHIPPED) != after:
        raise TooLate(f"{name} is at version {last.version if last else AS_SHIPPED}")
    if body == (last.body if last else {}):
        raise AlreadyDone(f"version {after} of {name} says the same")
    made = Policy(
        revision=revision(session) + 1,
        name=name,
        area_id=area_id,
        version=after + 1,
        body=body,
        author_id=by,
        reason=reason,
        reverted_from=reverted_from,
        at=at,
    )
    session.add(made)
    try:
        session.flush()
    except IntegrityError as other:  # somebody's change landed between our look and our write
        raise TooLate(f"{name} was changed meanwhile") from other
    _tell(session, made)
    return made


def revert(
    session: Session,
    name: str,
    version: int,
    *,
    after: int,
    by: int | None,
    at: datetime,
    reason: str | None = None,
    area_id: int | None = None,
) -> Policy:
    """What a former version said, as a new version."""
    body = body_of(session, name, version, area_id)
    return publish(
        session,
        name,
        body,
        after=after,
        by=by,
        at=at,
        reason=reason,
        reverted_from=version,
        area_id=area_id,
    )


def editors(name: str, *where: str) -> frozenset[Role]:
    """Who changes it in the `house`, in an `area` or from `anywhere`: config/editing.toml."""
    rows = load("editing")[name.partition(ITEM)[0]]
    return frozenset(Role(role) for one in where for role in rows.get(one, ()))


def editors_of_any() -> frozenset[Role]:
    return frozenset().union(*(editors(one, *SCOPES) for one in load("editing")))


def may_edit(
    session: Session, name: str, person_id: int, at: datetime, area_id: int | None = None
) -> bool:
    """Staff of the area or of one around it; of the whole house, whoever serves all of it."""
    may: ColumnElement[bool]
    if area_id is None:
        of_house = Post.role.in_(editors(name, "house")), _serves_all()
        may = or_(and_(*of_house), Post.role.in_(editors(name, "anywhere")))
    else:
        around = Post.area_id.in_(outer_areas(session, area_id))
        may = and_(Post.role.in_(editors(name, "area")), around)
    serving = select(Post.id).where(Post.person_id == person_id, is_held(at), may)
    return session.scalars(serving.limit(1)).first() is not None


def _serves_all() -> ColumnElement[bool]:
    """Every community there is lies where the post is; an administrator's serves all."""
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == Post.area_id)
    is_outside = Area.id.not_in(inside.correlate(Post))
    outside = select(Area.id).where(Area.kind == AreaKind.COMMUNITY, is_outside).correlate(Post)
    return or_(Post.role == Role.ADMIN, ~outside.exists())


def _versions(name: str, area_id: int | None) -> Select[Policy]:
    of = Policy.name == name, Policy.area_id == area_id
    return select(Policy).where(*of).order_by(Policy.version.desc())


def _tell(session: Session, made: Policy) -> None:
    detail: dict[str, Any] = {"name": made.name, "version": made.version}
    if made.reverted_from is not None:
        detail["reverted_from"] = made.reverted_from
    events.record(
        session,
        Fact(
            verb="policy_changed",
            subject_kind="policy",
            subject_id=made.revision,
            at=made.at,
            actor_id=made.author_id,
            area_id=made.area_id,
            old=str(made.version - 1),
            new=str(made.version),
            detail=detail,
        ),
    )
