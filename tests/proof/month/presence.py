"""Who was there when: the posts and leaves of the month, read plainly."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import config
from models.places import AreaWithin, root_area_id
from models.posts import Absence, Post
from models.tickets.table import Ticket

FOREVER = datetime.max.replace(tzinfo=UTC)
ABOVE = ("community_staff", "subdistrict_staff", "department_liaison")
LEVELS = ("estate", "community", "subdistrict", "department")
DESK = "duty_desk"


class Presence:
    """在岗情况 — the posts, their leaves and the areas they serve."""

    def __init__(self, session: Session) -> None:
        self._rules = tomllib.loads((Path(config.__file__).parent / "dispatch.toml").read_text())
        self._posts = {one.id: one for one in session.scalars(select(Post))}
        self._leaves: dict[int, list[Absence]] = defaultdict(list)
        for leave in session.scalars(select(Absence).order_by(Absence.since)):
            self._leaves[leave.post_id].append(leave)
        self._outer: dict[int, set[int]] = defaultdict(set)
        self._inner: dict[int, set[int]] = defaultdict(set)
        for inner, outer in session.execute(select(AreaWithin.area_id, AreaWithin.outer_id)):
            self._outer[inner].add(outer)
            self._inner[outer].add(inner)
        root = root_area_id(session) or 0
        self._matters = {
            ticket_id: (area_id or root, about)
            for ticket_id, area_id, about in session.execute(
                select(Ticket.id, Ticket.area_id, Ticket.about)
            )
        }

    def absences(self, post_id: int | None) -> Iterator[tuple[datetime, datetime]]:
        """When nobody was in this post in person; always, if it is none."""
        if post_id is None:
            yield datetime.min.replace(tzinfo=UTC), FOREVER
            return
        for leave in self._leaves[post_id]:
            yield leave.since, leave.until
        if (until := self._posts[post_id].until) is not None:
            yield until, FOREVER

    def is_anybody_above(
        self, ticket_id: int, level: str, category: str, owner_post: int | None, at: datetime
    ) -> bool:
        area_id, about = self._matters[ticket_id]
        roles = ABOVE[LEVELS.index(level) :]
        skip = self._accused(area_id, about)
        skip.add(self._posts[owner_post].person_id if owner_post else 0)
        for post_id, one in self._posts.items():
            if one.area_id not in self._outer[area_id] or one.role not in (*roles, DESK):
                continue
            if one.department and one.department != self._department(category):
                continue
            if self._who(post_id, at, ()) not in (None, *skip):
                return True
        return False

    def _department(self, category: str) -> str:
        row = {**self._rules["default"], **self._rules["category"].get(category, {})}
        return str(row["department"])

    def _accused(self, area_id: int, about: str | None) -> set[int]:
        """Everybody it may be about, at whatever time, and who ever stood in for them."""
        if about is None:
            return set()
        around = self._outer[area_id] | self._inner[area_id]
        hidden = self._rules["about"][about]["hidden_from"]
        found = set()
        for post_id, one in self._posts.items():
            if one.role in hidden and one.area_id in around:
                instead = [leave.substitute_id for leave in self._leaves[post_id]]
                posts = (post_id, *(other for other in instead if other))
                found |= {self._posts[other].person_id for other in posts}
        return found

    def _who(self, post_id: int, at: datetime, passed: tuple[int, ...]) -> int | None:
        one = self._posts[post_id]
        if post_id in passed or not one.since <= at < (one.until or FOREVER):
            return None
        for leave in self._leaves[post_id]:
            if leave.since <= at < leave.until:
                instead = leave.substitute_id
                return self._who(instead, at, (*passed, post_id)) if instead else None
        return one.person_id
