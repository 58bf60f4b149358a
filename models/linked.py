"""Tickets that are part of something larger: whom they are about, and whose matter they are."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from models.people import Person
from models.protection import accused_persons
from models.tickets import facts
from models.tickets.table import Supporter, Ticket


def accused(session: Session, tickets: Iterable[Ticket], at: datetime) -> frozenset[int]:
    """Whom any of them is about, in whatever role they act."""
    found = (accused_persons(session, one, at) for one in tickets)
    return frozenset[int]().union(*found)


def residents(session: Session, tickets: Iterable[Ticket]) -> list[int]:
    """Who reported one of them or joined it."""
    found: dict[int, None] = {}
    for ticket in tickets:
        people = facts.parties(session, ticket)
        found |= dict.fromkeys([*people["reporter"], *people["supporters"]])
    return list(found)


def names_around(session: Session, tickets: Select[int], *others: Select[int]) -> set[str]:
    """The names of these residents, and of others who have to do with it: no public page shows
    them. `tickets` and `others` are ids."""
    people = union(
        *others,
        select(Ticket.reporter_id).where(Ticket.id.in_(tickets)),
        select(Supporter.person_id).where(Supporter.ticket_id.in_(tickets)),
    )
    names = select(Person.name).where(Person.id.in_(people), Person.name.is_not(None))
    return {name for name in session.scalars(names) if name}
