"""The roll of people as a sheet: phones masked, homes by building."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, word
from jobs.sheets import Value
from models.homes import HomeState
from models.roster import people, rights
from models.roster.people import Reach, Row
from models.roster.rights import Right


@listing("people")
class People:
    """人员清单 — who serves and who lives where somebody may take lists away."""

    keys = ("q", "area", "sort", "role")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        reach = _reach(session, person_id, now)
        return people.count(session, reach, people.wanted_of(query), now, most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        reach, wanted = _reach(session, person_id, now), people.wanted_of(query)
        found = people.rows(session, reach, wanted, now, after, PAGE)
        further = found[-1].person.id if len(found) == PAGE else None
        return [_cells(one) for one in found], further


def _reach(session: Session, person_id: int, now: datetime) -> Reach:
    places = rights.places_of(session, Right.LISTS, person_id, now)
    return Reach(places, places)


def _cells(row: Row) -> Sequence[Value]:
    posts = [
        f"{one.place}{word(one.post.department, 'department')}{word(one.post.role, 'role')}"
        for one in row.posts
    ]
    states = {one.home.state for one in row.homes}
    return (
        row.person.name,
        row.phone,
        "；".join(posts),
        "；".join(one.place for one in row.homes),
        word(HomeState.CLAIMED if HomeState.CLAIMED in states else None, "home_state"),
    )
