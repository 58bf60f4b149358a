"""Property companies, and which of them serves an estate from one day to another."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import events
from models.base import Base
from models.claims import claim
from models.errors import AlreadyDone, NotAllowed, NotFound, TooLate
from models.events import Fact
from models.places import Area, AreaKind, AreaWithin, outer_areas
from models.posts import Post, Role, is_held

SIGNING = (Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.ADMIN)
ONE_DAY = timedelta(days=1)


class Company(Base):
    """物业公司 — a firm that serves estates under contract."""

    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class ServiceContract(Base):
    """物业服务合同 — a company serves an estate from one day to another, both within."""

    __tablename__ = "service_contracts"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"), index=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # None: no end is agreed

    __table_args__ = (
        Index("ix_service_contracts_estate", "estate_id", "starts_on", unique=True),
        CheckConstraint("ends_on >= starts_on", name="contract_ends_after_it_starts"),
    )


def company_named(session: Session, name: str) -> Company:
    """The company of this name; a new one where there is none yet."""
    found = session.scalars(select(Company).where(Company.name == name)).first()
    if found is None:
        found = Company(name=name)
        session.add(found)
        session.flush()
    return found


def sign(
    session: Session,
    company: Company,
    estate: Area,
    starts_on: date,
    ends_on: date | None,
    *,
    by: int | None,
    at: datetime,
) -> ServiceContract:
    """Keeps a contract. One estate has one company a day, so that no figure counts for two."""
    _check_right(session, estate.id, by, at)
    if estate.kind != AreaKind.ESTATE:
        raise NotFound(f"{estate.name} is no estate")
    if ends_on is not None and ends_on < starts_on:
        raise TooLate("a contract can not end before it starts")
    # Two who sign for one estate at once wait for each other here.
    claim(session, estate)
    if _running(session, estate.id, starts_on, ends_on):
        raise AlreadyDone(f"{estate.name} has a company in these days")
    contract = ServiceContract(
        company_id=company.id, estate_id=estate.id, starts_on=starts_on, ends_on=ends_on
    )
    session.add(contract)
    session.flush()
    _record(session, "contract_signed", contract, by, at)
    return contract


def end(
    session: Session, contract: ServiceContract, last_day: date, *, by: int | None, at: datetime
) -> None:
    """The last day on which the company serves the estate; what was counted till then stays."""
    _check_right(session, contract.estate_id, by, at)
    if last_day < contract.starts_on:
        raise TooLate("a contract can not end before it starts")
    if contract.ends_on is not None and last_day > contract.ends_on:
        raise TooLate("a contract is not made longer by ending it")
    contract.ends_on = last_day
    session.flush()
    _record(session, "contract_ended", contract, by, at)


def hand_over(
    session: Session,
    company: Company,
    estate: Area,
    starts_on: date,
    ends_on: date | None,
    *,
    by: int | None,
    at: datetime,
) -> ServiceContract:
    """换物业: the day before is the last of whoever serves the estate; then it is this company."""
    running = contract_of(session, estate.id, starts_on - ONE_DAY)
    if running is None:
        raise NotFound(f"nobody serves {estate.name} till then")
    if running.company_id == company.id:
        raise AlreadyDone(f"{company.name} serves {estate.name} already")
    end(session, running, starts_on - ONE_DAY, by=by, at=at)
    return sign(session, company, estate, starts_on, ends_on, by=by, at=at)


def contracts_within(
    session: Session, area_id: int, day: date
) -> Sequence[tuple[Area, Company, ServiceContract]]:
    """Those that run on this day or begin later, estate by estate."""
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)
    rows = session.execute(
        select(Area, Company, ServiceContract)
        .join(ServiceContract, ServiceContract.estate_id == Area.id)
        .join(Company, Company.id == ServiceContract.company_id)
        .where(
            Area.id.in_(inside),
            or_(ServiceContract.ends_on.is_(None), ServiceContract.ends_on >= day),
        )
        .order_by(Area.name, ServiceContract.starts_on)
    )
    return [(area, company, contract) for area, company, contract in rows]


def posts_in(session: Session, estate_id: int, at: datetime) -> Sequence[Post]:
    """Property staff of the estate: a contract does not say whose they are, people do."""
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == estate_id)
    return session.scalars(
        select(Post)
        .where(Post.role == Role.PROPERTY_STAFF, Post.area_id.in_(inside), is_held(at))
        .order_by(Post.id)
    ).all()


def contract_of(session: Session, estate_id: int, day: date) -> ServiceContract | None:
    """The contract under which the estate is served on this day."""
    return next(iter(_running(session, estate_id, day, day)), None)


def _running(
    session: Session, estate_id: int, first: date, last: date | None
) -> Sequence[ServiceContract]:
    """Contracts of an estate that run on one of these days."""
    found = select(ServiceContract).where(
        ServiceContract.estate_id == estate_id,
        or_(ServiceContract.ends_on.is_(None), ServiceContract.ends_on >= first),
    )
    if last is not None:
        found = found.where(ServiceContract.starts_on <= last)
    return session.scalars(found.order_by(ServiceContract.starts_on)).all()


def _check_right(session: Session, estate_id: int, by: int | None, at: datetime) -> None:
    """The operator, or staff of the estate's community and above."""
    if by is None:
        return
    held = select(Post.id).where(
        Post.person_id == by,
        Post.role.in_(SIGNING),
        Post.area_id.in_(outer_areas(session, estate_id)),
        is_held(at),
    )
    if session.scalar(held.limit(1)) is None:
        raise NotAllowed(number=str(estate_id))


def _record(
    session: Session, verb: str, contract: ServiceContract, by: int | None, at: datetime
) -> None:
    ends_on = contract.ends_on
    detail = {
        "company": contract.company_id,
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else None,
    }
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="service_contract",
            subject_id=contract.id,
            at=at,
            actor_id=by,
            area_id=contract.estate_id,
            detail=detail,
        ),
    )
