"""What one member of staff may see among all tickets: the rule of protection as a condition of SQL.

`models.protection` rules on one ticket and one person; a list can not ask it of each.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from config.policy import load
from models import on_duty
from models.errors import NotFound
from models.places import AreaKind, AreaWithin, root_area_id
from models.protection import SUPERVISING
from models.served import Served, served_by
from models.tickets.table import About, Assignment, Ticket
from models.whistles.flow import CallState
from models.whistles.table import Whistle, WhistleCall


@dataclass(frozen=True, slots=True)
class Sight:
    """视野 — which places somebody supervises now, and which complaints are about them."""

    person_id: int
    places: tuple[int, ...]
    sees_unplaced: bool
    served: tuple[Served, ...]

    def condition(self) -> ColumnElement[bool]:
        """Supervised, worked on or called to; and never about who asks."""
        return and_(or_(*self._reasons()), *self._not_accused())

    def not_about_them(self) -> ColumnElement[bool]:
        """What may be counted for them, whoever sees it."""
        return and_(true(), *self._not_accused())

    @property
    def may_be_accused(self) -> bool:
        """Whether a complaint can be about them: a count of all would tell that there is one."""
        return is_about(self.served) is not None

    def _reasons(self) -> Iterator[ColumnElement[bool]]:
        if self.places:
            yield Ticket.area_id.in_(_inside(self.places))
        if self.sees_unplaced:
            yield Ticket.area_id.is_(None)
        yield (
            select(Assignment.id)
            .where(Assignment.ticket_id == Ticket.id, Assignment.person_id == self.person_id)
            .exists()
        )
        yield Ticket.id.in_(
            select(Whistle.ticket_id)
            .join(WhistleCall, WhistleCall.whistle_id == Whistle.id)
            .where(
                WhistleCall.person_id == self.person_id, WhistleCall.state != CallState.CANCELLED
            )
        )

    def _not_accused(self) -> Iterator[ColumnElement[bool]]:
        """As `dispatch.accused_at` has it: leave, a former or a second post change nothing."""
        accused = is_about(self.served)
        if accused is not None:
            yield or_(Ticket.about.is_(None), not_(accused))


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    served = tuple(served_by(session, [person_id], now))
    places = {
        one.area_id: one.kind for one in served if one.role in SUPERVISING and one.is_since(now)
    }
    supervised = tuple(
        area_id
        for area_id, kind in sorted(places.items())
        if _serves(session, person_id, area_id, kind, now)
    )
    sees_unplaced = bool(supervised) and root_area_id(session) in supervised
    return Sight(person_id, supervised, sees_unplaced, served)


def is_about(served: Sequence[Served]) -> ColumnElement[bool] | None:
    """Tickets that accuse whoever served so; None where no complaint could mean them."""
    accusing = [_is_about(one) for one in served if _accusing(one.role)]
    return or_(*accusing) if accusing else None


def ticket_in(session: Session, sight: Sight, ticket_id: int) -> Ticket:
    """The ticket; NotFound, in the same words, for a number nobody has and for a hidden one."""
    found = session.scalars(select(Ticket).where(Ticket.id == ticket_id, sight.condition())).first()
    if found is None:
        raise NotFound(number=f"#{ticket_id}")
    return found


def _serves(session: Session, person_id: int, area_id: int, kind: AreaKind, now: datetime) -> bool:
    return any(
        one.person_id == person_id
        and one.role in SUPERVISING
        and one.nearness == on_duty.NEARNESS[kind]
        for one in on_duty.holders_at(session, area_id, now)
    )


@cache
def _accusing(role: str) -> tuple[About, ...]:
    """Complaints about which bodies are hidden from this role."""
    table = load("dispatch")["about"]
    return tuple(one for one in About if role in table[one]["hidden_from"])


def _is_about(served: Served) -> ColumnElement[bool]:
    near = or_(
        Ticket.area_id.is_(None),  # it may be anywhere
        Ticket.area_id.in_(_inside((served.area_id,))),
        Ticket.area_id.in_(select(AreaWithin.outer_id).where(AreaWithin.area_id == served.area_id)),
    )
    first_told_at = func.coalesce(Ticket.reported_at, Ticket.opened_at)
    about = _accusing(served.role)
    is_accusing = Ticket.about.in_(about) if about else false()
    return and_(is_accusing, near, first_told_at < served.until)


def _inside(area_ids: Collection[int]) -> Select[int]:
    return select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(area_ids))
